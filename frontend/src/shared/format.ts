// Numbers and bytes as text and back; nothing here touches the page.

export const US_PER_S = 1e6;

/** Format "1:02:03.500"; the last digit is rounded down, so a frame never shows a later time than its own. */
export function formatClock(seconds: number, decimals = 3): string {
  const scale = 10 ** decimals;
  const ticks = Math.floor(Math.max(0, seconds) * scale + 1e-4);
  const whole = Math.floor(ticks / scale);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const head = hours ? `${hours}:${String(minutes).padStart(2, '0')}` : `${minutes}`;
  const tail = decimals ? `.${String(ticks % scale).padStart(decimals, '0')}` : '';
  return `${head}:${String(whole % 60).padStart(2, '0')}${tail}`;
}

/** Format a share 0 to 1 as whole percent; null means that there is no score. */
export function percent(share: number | null): string {
  return share === null ? 'no score' : `${Math.round(100 * share)} %`;
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

export function bytesFromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Return the index of the first item that starts at or after a time, in a list ordered by `start`. */
export function lowerBound(items: ReadonlyArray<{ start: number }>, time: number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].start < time) low = middle + 1; else high = middle;
  }
  return low;
}
