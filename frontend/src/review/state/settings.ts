// Settings of this browser: how the page looks, not what it corrects.

import { computed, effect, signal, type Signal } from '@preact/signals';
import { keep, readKept } from '../../shared/kept';

function kept<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `touchline.review.${name}`;
  const setting = signal<T>(readKept(key, isValid) ?? initial);
  effect(() => keep(key, setting.value));
  return setting;
}

const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export interface Place { x: number; y: number }
const isShare = (value: unknown): boolean => isNumber(value) && value >= 0 && value <= 1;
const isPlace = (value: unknown): value is Place => typeof value === 'object' && value !== null && 'x' in value && 'y' in value && isShare(value.x) && isShare(value.y);

export type ThemeChoice = 'system' | 'light' | 'dark';
const isTheme = (value: unknown): value is ThemeChoice => value === 'system' || value === 'light' || value === 'dark';

export const theme = kept<ThemeChoice>('theme', 'system', isTheme);
export const showBoxes = kept('boxes', true, isFlag);
export const showNames = kept('names', true, isFlag);
export const showRadar = kept('radar', true, isFlag);
export const autoAdvance = kept('advance', true, isFlag);
/** Whether the rarely used fields of an event are shown. */
export const moreFields = kept('more-fields', false, isFlag);
/** Where the radar is, as shares of the free room from the left and from the top; null: where it hides fewest players. */
export const radarPlace = kept<Place | null>('radar-place', null, isPlace);
export const timelineHeight = kept('timeline', 330, isNumber);

const system = matchMedia('(prefers-color-scheme: dark)');
const systemDark = signal(system.matches);

/** Whether the page is dark now: by choice, or as the system is. */
export const isDark = computed(() => (theme.value === 'system' ? systemDark.value : theme.value === 'dark'));

/** Mark the page as light or dark, and keep it so when the choice or the system changes. */
export function followTheme(): void {
  system.addEventListener('change', () => { systemDark.value = system.matches; });
  effect(() => { document.documentElement.dataset.theme = isDark.value ? 'dark' : 'light'; });
}

/** Choose the other theme; back to the system's if that is the same. */
export function toggleTheme(): void {
  const dark = !isDark.value;
  theme.value = dark === systemDark.value ? 'system' : dark ? 'dark' : 'light';
}
