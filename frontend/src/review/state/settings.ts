// Settings of this browser: how the page looks, not what it corrects.

import { effect, signal, type Signal } from '@preact/signals';
import { keep, readKept } from '../../shared/kept';

function kept<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `touchline.review.${name}`;
  const setting = signal<T>(readKept(key, isValid) ?? initial);
  effect(() => keep(key, setting.value));
  return setting;
}

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export type ThemeChoice = 'system' | 'light' | 'dark';
const isTheme = (value: unknown): value is ThemeChoice => value === 'system' || value === 'light' || value === 'dark';

export const theme = kept<ThemeChoice>('theme', 'system', isTheme);
export const showBoxes = kept('boxes', true, isFlag);
export const showNames = kept('names', true, isFlag);
export const showRadar = kept('radar', true, isFlag);
export const autoAdvance = kept('advance', true, isFlag);
export const timelineHeight = kept('timeline', 330, isNumber);

/** Apply the theme to the page whenever it is chosen. */
export function followTheme(): void {
  effect(() => {
    const { value } = theme;
    if (value === 'system') delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = value;
  });
}

export function nextTheme(): ThemeChoice {
  const dark = theme.value === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme.value === 'dark';
  return dark ? 'light' : 'dark';
}
