// Which keys a focused control keeps for itself.

import { keptByFocus } from '../../shared/keys';
import { dialog } from '../state/dialogs';

/** Return whether a key press is not for the page: a control has it, or a dialog is open. */
export function keysAreTaken(event: KeyboardEvent): boolean {
  if (event.isComposing) return true;
  if (document.querySelector('dialog[open]')) return !(event.key === '?' && dialog.value === 'help');
  const focus = event.target instanceof Element ? event.target : document.body;
  if (event.key === 'Tab') return true;
  if (event.key === 'Enter' && focus.matches('button, a, summary, [role=tab], input[type=checkbox]')) return true;
  if (/^(Arrow|Home|End)/.test(event.key) && focus.matches('[role=tab], [role=separator], input[type=color]')) return true;
  if (event.key === 'Escape' && focus.matches('.radar')) return true;
  return keptByFocus(event);
}

/** Give the keys back to the page once a control has been used with the pointer or is done. */
export function releaseFocus(event: Event): void {
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.blur();
}

/** Let buttons that were clicked with a pointer not keep the focus, or Space would press them again. */
export function releaseClickedButtons(): void {
  document.addEventListener('click', (event) => {
    const button = event.target instanceof Element ? event.target.closest('button') : null;
    if (event.detail > 0 && button && !button.closest('dialog')) button.blur();
  });
}

/** Keys of a text field: Enter keeps what is typed, Escape forgets it; both give the keys back to the page. */
export function fieldKeys(event: KeyboardEvent, initial: string): void {
  const field = event.currentTarget as HTMLInputElement;
  if (event.key === 'Escape') field.value = initial;
  if (event.key === 'Escape' || event.key === 'Enter') {
    event.stopPropagation();
    field.blur();
  }
}
