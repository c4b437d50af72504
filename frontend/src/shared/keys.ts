// Keys: their names, and which of them a focused control keeps for itself.

/** Return the name of a key press: "j", "shift+arrowleft", "?"; shift is named only with keys that have no other sign for it. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.toLowerCase();
  return event.shiftKey && (key.length > 1 || /[a-z]/.test(key)) ? `shift+${key}` : key;
}

/** Return whether the focused element needs a key: text fields and selects all of them, sliders and buttons a few. */
export function keptByFocus(event: KeyboardEvent): boolean {
  const focus = event.target instanceof Element ? event.target : document.body;
  if (focus.matches('select, textarea, [contenteditable=true], input:not([type=range], [type=checkbox], [type=radio], [type=button])')) return true;
  if (focus.matches('input[type=range]') && /^(Arrow|Home|End|Page)/.test(event.key)) return true;
  if (focus.closest('[data-moves]') && event.key.startsWith('Arrow')) return true;
  return event.key === ' ' && focus.matches('button:not(.event), input, summary');
}

/** Return whether a key press belongs to the browser or the system. */
export function isShortcut(event: KeyboardEvent): boolean {
  return event.ctrlKey || event.metaKey || event.altKey;
}
