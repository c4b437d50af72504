// A field of text with a label: Enter or leaving it keeps what is typed, Escape forgets it.

import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { fieldKeys } from './focus';

interface Props {
  name: string;
  value: string;
  commit(text: string): void;
  /** What an empty field means. */
  hint?: string;
  /** Id of a list of suggestions. */
  list?: string;
  /** Whether a key asked for this field; it then gets the focus. */
  wanted?: boolean;
  reached?(): void;
  class?: string;
}

export function TextField({ name, value, commit, hint, list, wanted = false, reached, class: style = '' }: Props) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {   // at once, so that the next key is already text
    if (!wanted || !field.current) return;
    field.current.focus();
    field.current.select();
    reached?.();
  }, [wanted]);
  useEffect(() => { if (field.current && document.activeElement !== field.current) field.current.value = value; }, [value]);
  const done = (): void => {
    const text = field.current?.value ?? '';
    if (text !== value) commit(text);
    if (field.current) field.current.value = value;
  };
  return (
    <label class={`field ${style}`}>
      <span>{name}</span>
      <input ref={field} type="text" defaultValue={value} placeholder={hint} list={list} autoComplete="off" spellcheck={false} onKeyDown={(event) => fieldKeys(event, value)} onBlur={done} />
    </label>
  );
}
