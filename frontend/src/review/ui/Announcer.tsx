// Says what a key has just done: shown for a few seconds, and read out by screen readers.

import { useEffect, useState } from 'preact/hooks';
import { said } from '../state/announce';

const SHOWN_MS = 3500;

export function Announcer() {
  const { text, n } = said.value;
  const [shown, show] = useState(false);
  useEffect(() => {
    if (!text) return undefined;
    show(true);
    const timer = setTimeout(() => show(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text, n]);
  return <div class={shown ? 'announcer shown' : 'announcer'} role="status" aria-live="polite">{text}</div>;
}
