// Icons as paths, drawn here so that nothing is loaded.

const PATHS = {
  play: 'M7 4v16l13-8z', pause: 'M6 4h4v16H6zM14 4h4v16h-4z', back: 'M17 4v16L6 12zM4 4h2v16H4z', on: 'M7 4v16l11-8zM18 4h2v16h-2z',
  loop: 'M7 7h9v3l5-4-5-4v3H5v7h2zm10 10H8v-3l-5 4 5 4v-3h11v-7h-2z',
  sound: 'M4 9v6h4l5 5V4L8 9zm12-1v8a4 4 0 0 0 0-8z', mute: 'M4 9v6h4l5 5V4L8 9zm11.5.5 5 5m0-5-5 5',
  undo: 'M9 7V3L2 9.5 9 16v-4c5 0 8 1.500 11 5-1-6-4-10-11-10z', redo: 'M15 7V3l7 6.500L15 16v-4c-5 0-8 1.500-11 5 1-6 4-10 11-10z',
  sun: 'M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4zM4 5.400 5.400 4 8 6.600 6.600 8zM16 17.400l1.400-1.400L20 18.600 18.600 20zM4 18.600 6.600 16 8 17.400 5.400 20zM16 6.600 18.600 4 20 5.400 17.400 8z',
  moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={name === 'mute' ? 'icon stroked' : 'icon'} viewBox="0 0 24 24" aria-hidden="true"><path d={PATHS[name]} /></svg>
  );
}
