// The part of the video that the timeline shows.

import { signal } from '@preact/signals';
import { Viewport } from '../../shared/view';

/** The view of the open timeline; null before there is one. */
export const timelineView = signal<Viewport | null>(null);
/** Counts changes of the view, so that drawing follows them. */
export const viewChanges = signal(0);

export function openView(duration: number): Viewport {
  const view = new Viewport(duration, () => { viewChanges.value += 1; });
  timelineView.value = view;
  return view;
}
