// Small settings kept in the browser. Where there is no storage (private windows, some file pages) nothing is kept.

/** Return a kept value, or null if there is none of that kind. */
export function readKept<T>(key: string, isValid: (value: unknown) => value is T): T | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null');
    return isValid(value) ? value : null;
  } catch {
    return null;
  }
}

/** Keep a value; null forgets it. */
export function keep(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(key); else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Without storage the setting holds until the page is closed.
  }
}
