// The classes to label with: their order, keys and colours.

import { PALETTE } from '../../shared/colours';
import { CLASS_KEYS } from './keymap';
import type { LabelInfo } from './values';

export interface Label extends LabelInfo {
  key: string | null;
  /** [on a light page, on a dark page]. */
  colours: readonly [string, string];
}

/** Return the classes with a key and colours each: their own where they have them, otherwise the next free ones. */
export function styledLabels(styles: readonly LabelInfo[]): Label[] {
  const own = styles.map((style, index) => ownKey(styles, style, index));
  const free = CLASS_KEYS.filter((key) => !own.includes(key));
  return styles.map((style, index) => {
    const { colour } = style;
    return { ...style, key: own[index] ?? free.shift() ?? null, colours: colour ? [colour, colour] : PALETTE[index % PALETTE.length] };
  });
}

/** Return why a class cannot have a key; empty text if it can. */
export function keyTrouble(styles: readonly LabelInfo[], name: string, key: string): string {
  const wanted = key.toUpperCase();
  if (!wanted) return '';
  if (!CLASS_KEYS.includes(wanted)) return `${wanted} has another meaning here. Free keys: ${CLASS_KEYS.join(' ')}`;
  const other = styles.find((style) => style.name !== name && style.key?.toUpperCase() === wanted);
  return other ? `${wanted} is the key of ${other.name}` : '';
}

/** Return the styles of classes that events have but the set does not. */
export function unlisted(styles: readonly LabelInfo[], names: Iterable<string>): LabelInfo[] {
  const known = new Set(styles.map((style) => style.name));
  return [...new Set(names)].filter((name) => !known.has(name)).sort()
    .map((name) => ({ name, colour: null, key: null, lead_us: 0, lag_us: 0 }));
}

/** A key that a set gives counts if it is free and no class before has it. */
function ownKey(styles: readonly LabelInfo[], style: LabelInfo, index: number): string | null {
  const key = style.key?.toUpperCase() ?? null;
  if (key === null || !CLASS_KEYS.includes(key)) return null;
  return styles.slice(0, index).some((other) => other.key?.toUpperCase() === key) ? null : key;
}
