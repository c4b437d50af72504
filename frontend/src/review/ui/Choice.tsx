// A select that gives the keys back to the page once something is chosen.

import { releaseFocus } from './focus';

interface Props<T extends string> {
  name: string;
  value: T;
  options: ReadonlyArray<readonly [T, string]>;
  choose(value: T): void;
  class?: string;
  disabled?: boolean;
}

export function Choice<T extends string>({ name, value, options, choose, class: style, disabled }: Props<T>) {
  const change = (event: Event): void => {
    choose((event.currentTarget as HTMLSelectElement).value as T);
    releaseFocus(event);
  };
  return (
    <select aria-label={name} title={name} value={value} class={style} disabled={disabled} onChange={change}>
      {options.map(([key, words]) => <option key={key} value={key}>{words}</option>)}
    </select>
  );
}
