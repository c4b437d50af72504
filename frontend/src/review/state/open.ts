// Opening the session and one of its bundles.

import { signal } from '@preact/signals';
import { BundleApi, newWindowId } from '../api/bundles';
import { get } from '../api/client';
import type { Session } from '../types';
import { Desk } from './desk';
import { openView } from './timelineview';

export const desk = signal<Desk | null>(null);
/** Why nothing, or not what was asked for, is open. */
export const problem = signal('');

export async function openSession(): Promise<void> {
  problem.value = '';
  try {
    const session = await get<Session>('/api/session');
    const wanted = decodeURIComponent(location.hash.slice(1));
    const first = session.bundles.find((bundle) => bundle.id === wanted) ?? session.bundles[0];
    if (first) await openBundle(session, first.id);
    else problem.value = 'There is nothing to review: give the command a bundle or a video.';
  } catch (error) {
    problem.value = messageOf(error);
  }
}

/** Open a bundle of the session; the one before is closed. */
export async function openBundle(session: Session, id: string): Promise<void> {
  problem.value = '';
  try {
    const api = new BundleApi(id, newWindowId());
    const opened = new Desk(session, await api.open(), api);
    desk.value?.presence.stop();
    openView(opened.playback.duration);
    location.hash = id;
    desk.value = opened;
    opened.start();
  } catch (error) {
    problem.value = messageOf(error);
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
