// What a key or button has just done, in words: shown for a moment and read out by screen readers.

import { signal } from '@preact/signals';

export const said = signal<{ text: string; n: number }>({ text: '', n: 0 });

export function announce(text: string): void {
  said.value = { text, n: said.value.n + 1 };
}
