// Colours: those of the page's theme, of lanes, and of everything drawn on pitches and timelines.

/** [on a light page, on a dark page], as "#rrggbb". */
export type ColourPair = readonly [string, string];

/** Colours of lanes in order, distinguishable for most colour-blind readers. */
export const PALETTE: readonly ColourPair[] = [
  ['#0068b5', '#4ba8f5'], ['#cf4f00', '#ff8a4a'], ['#00875f', '#34c99a'], ['#b4418e', '#ee8acb'],
  ['#9a6b00', '#f0b93a'], ['#6b4fc0', '#a996ff'], ['#007f8f', '#3cc8da'], ['#b3263d', '#ff7a8a'],
  ['#5c7a00', '#b3d34a'], ['#7d5a3c', '#d0a681'], ['#4a5b6e', '#a9bccf'], ['#a0109a', '#f47cf0'],
  ['#2b6e2b', '#7fd67f'], ['#8c3a00', '#f2a65e'], ['#31459c', '#8da2ff'], ['#a3475f', '#f2a0b5'],
];

export const SOUND_COLOURS: Record<'whistle' | 'crowd', ColourPair> = {
  whistle: ['#b3263d', '#ff7a8a'], crowd: ['#007f8f', '#3cc8da'],
};

export const SHOT_COLOURS: Record<string, ColourPair> = {
  wide: ['#2f9e6b', '#3fbf86'], 'close-up': ['#8a63d2', '#a98aec'], replay: ['#c2417c', '#ea77a8'], other: ['#8b97a5', '#6d7a89'],
};

export const PLAY_COLOURS: Record<'in' | 'out', ColourPair> = { in: ['#2f9e6b', '#3fbf86'], out: ['#8b97a5', '#6d7a89'] };

/** Lanes of people and ball that have no kit colour. */
export const LANE_COLOURS: Record<string, ColourPair> = {
  ball: ['#4a5b6e', '#e8edf3'], referee: ['#a98600', '#ffd800'], other: ['#7b8794', '#a9bccf'],
};

/** Actions found by a recogniser. */
export const SEEN_COLOUR = '#c2417c';

/** The colours of a page's theme, as its style sheet sets them. */
export interface Theme {
  text: string;
  line: string;
  grid: string;
  hatch: string;
  surface: string;
  accent: string;
  dark: boolean;
}

/** Read the theme from the custom properties of the page. */
export function themeColours(): Theme {
  const style = getComputedStyle(document.documentElement);
  const get = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: get('--text-soft'), line: get('--line'), grid: get('--grid'), hatch: get('--hatch'), surface: get('--plot'),
    accent: get('--accent'), dark: get('--dark') === '1',
  };
}

export function pick(pair: ColourPair, dark: boolean): string {
  return pair[dark ? 1 : 0];
}

/** Return whether dark text reads better than white on a colour "#rrggbb". */
export function isLight(colour: string): boolean {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 145;
}

/** Return the colour of text on a colour "#rrggbb". */
export function inkOn(colour: string): string {
  return isLight(colour) ? '#0c121a' : '#ffffff';
}
