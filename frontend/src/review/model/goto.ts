// What a person types to go somewhere: a frame or a time.

export type Target = { frame: number } | { seconds: number };

/** Read "1:02:03.5", "2:05", "75.2" or "75,2" (seconds), "#120" or "120" (a frame). Null: not understood. */
export function parseTarget(text: string): Target | null {
  const clean = text.trim().replace(',', '.');
  const frame = /^#?\s*(\d+)$/.exec(clean);
  if (frame) return { frame: Number(frame[1]) };
  const seconds = parseClock(clean);
  return seconds === null ? null : { seconds };
}

/** Read a clock or a number of seconds; null if the text is neither. */
export function parseClock(text: string): number | null {
  const parts = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d*)?)\s*s?$/.exec(text.trim().replace(',', '.'));
  if (!parts) return null;
  const [, hours, minutes, seconds] = parts;
  if (minutes !== undefined && Number(seconds) >= 60) return null;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds);
}
