// Reading times and lengths that a person typed; what cannot be read is announced.

import { parseClock } from '../../model/goto';
import { announce } from '../../state/announce';

/** Use a typed time in microseconds. */
export function typedTime(text: string, use: (us: number) => void): void {
  const seconds = parseClock(text);
  if (seconds === null) announce(`“${text}” is not a time; write 1:02.5 or seconds`);
  else use(Math.round(seconds * 1e6));
}

/** Use a typed number of seconds in microseconds; null for an empty field. */
export function typedSeconds(text: string, use: (us: number | null) => void): void {
  const seconds = Number(text.replace(',', '.'));
  if (!text.trim()) use(null);
  else if (Number.isFinite(seconds) && seconds >= 0) use(Math.round(seconds * 1e6));
  else announce(`“${text}” is not a number of seconds`);
}
