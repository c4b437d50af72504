// The open bundle, for every component below.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Desk } from '../state/desk';

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('no bundle is open');
  return desk;
}
