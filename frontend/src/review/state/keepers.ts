// The keeper moments that the analysis wrote pages of.

import { signal } from '@preact/signals';
import { percent } from '../../shared/format';
import { get } from '../api/client';
import type { KeeperMoment, KeepersAnswer } from '../types';

export class Keepers {
  /** In order of time. */
  readonly moments = signal<readonly KeeperMoment[]>([]);
  /** Address of the page that lists the keepers. */
  readonly pages = signal('');
  /** The moment that was last gone to. */
  readonly chosen = signal<KeeperMoment | null>(null);

  async load(address: string): Promise<void> {
    const answer = await get<KeepersAnswer>(address);
    [this.moments.value, this.pages.value] = [answer.moments, answer.pages];
  }
}

/** Say what the page says of a moment: the technique with its confidence, the chance of a save. */
export function momentWords({ technique, confidence, p_save: chance, p_range: range, outcome }: KeeperMoment): string[] {
  return [
    technique === null ? 'technique unknown' : `${technique} ${(confidence ?? 0).toFixed(2)}`,
    ...(chance === null ? [] : [`saved if on target: ${percent(chance)}${range ? ` (${percent(range[0])} to ${percent(range[1])})` : ''}`]),
    ...(outcome === null ? [] : [outcome.toLowerCase()]),
  ];
}
