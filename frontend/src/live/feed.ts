// The connection to the server: messages come as server-sent events, and the browser reconnects by itself.

import { signal } from '@preact/signals';
import { NOTHING, after, type Live, type Message } from './messages';

export const live = signal<Live>(NOTHING);
/** Whether the server answers. */
export const connected = signal(false);

/** Follow the run until it has ended. */
export function listen(): void {
  const source = new EventSource('/api/messages');
  source.addEventListener('open', () => { connected.value = true; });
  source.addEventListener('error', () => {
    connected.value = false;
    if (live.value.status.state === 'ended') source.close();
  });
  source.addEventListener('message', (event) => { live.value = after(live.value, JSON.parse(event.data as string) as Message); });
}
