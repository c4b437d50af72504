// Unsent steps kept in the browser, so that they outlive a reload while the server is gone.

import { keep, readKept } from '../../shared/kept';
import type { Pending } from '../model/outbox';

const key = (bundle: string): string => `touchline.pending.${bundle}`;

export function keepPending(bundle: string, pending: readonly Pending[]): void {
  keep(key(bundle), pending.length ? pending : null);
}

export function keptPending(bundle: string): Pending[] {
  return readKept(key(bundle), isPendingList) ?? [];
}

function isPendingList(value: unknown): value is Pending[] {
  return Array.isArray(value) && value.every((one: unknown) => typeof one === 'object' && one !== null && 'n' in one && 'step' in one);
}
