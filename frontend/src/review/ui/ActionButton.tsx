// A button that does what a key does, with the key on it.

import type { ComponentChildren } from 'preact';
import { run } from '../commands/run';
import { keyName, KEYS, type Action } from '../model/keymap';
import { useDesk } from './context';

interface Props {
  action: Action;
  children?: ComponentChildren;
  class?: string;
  pressed?: boolean;
  disabled?: boolean;
  /** Leave the key out where there is no room; it stays in the tip. */
  quiet?: boolean;
}

export function ActionButton({ action, children, pressed, disabled, quiet, class: name = '' }: Props) {
  const desk = useDesk();
  const key = keyName(action);
  const title = KEYS.find((info) => info.action === action)?.title ?? '';
  return (
    <button
      type="button" class={name} title={`${title} (${key})`} disabled={disabled} aria-pressed={pressed}
      aria-label={typeof children === 'string' ? undefined : title} data-action={action} onClick={() => run(desk, action)}
    >
      {children ?? title}{!quiet && <kbd aria-hidden="true">{key}</kbd>}
    </button>
  );
}
