// Who changed an event last, and when.

import { useDesk } from '../context';

export function History({ id }: { id: string }) {
  const { saving } = useDesk();
  const last = saving.journal.value && saving.lastOf('event', id);
  if (!last) return null;
  const when = new Date(last.at);
  return <span title={when.toLocaleString()}>{last.who}, {when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}</span>;
}
