// The open dialog of the page.

import { signal } from '@preact/signals';

export type Dialog = 'help' | 'go-to' | 'export' | 'clips' | 'labels' | 'set-aside';

export const dialog = signal<Dialog | null>(null);
