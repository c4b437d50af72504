// The copy of a video that the browser can play: asked for, waited for, shown.

import { signal, type Signal } from '@preact/signals';
import { finished, get } from '../api/client';
import { announce } from '../state/announce';
import type { Desk } from '../state/desk';
import { messageOf } from '../state/open';
import type { Job } from '../types';

export interface Proxy {
  src: Signal<string | null>;
  job: Signal<Job | null>;
  trouble: Signal<string>;
}

const known = new WeakMap<Desk, Proxy>();

/** Return the state of the proxy of a bundle; the first call follows a job that is under way already. */
export function proxyOf(desk: Desk): Proxy {
  const found = known.get(desk);
  if (found) return found;
  const { proxy } = desk.data.video;
  const made: Proxy = { src: signal(proxy.state === 'ready' ? proxy.src : null), job: signal(null), trouble: signal('') };
  known.set(desk, made);
  if (proxy.job) get<Job>(`/api/jobs/${proxy.job}`).then((job) => follow(desk, made, job), () => undefined);
  return made;
}

export async function makeProxy(desk: Desk): Promise<void> {
  const proxy = proxyOf(desk);
  proxy.trouble.value = '';
  try {
    await follow(desk, proxy, await desk.api.proxy());
  } catch (error) {
    proxy.trouble.value = messageOf(error);
  }
}

async function follow(desk: Desk, proxy: Proxy, job: Job): Promise<void> {
  const done = await finished(job, (now) => { proxy.job.value = now; });
  if (done.state === 'done') {
    const { video } = await desk.api.open();
    proxy.src.value = video.proxy.src;
    announce('The copy is ready');
  } else proxy.trouble.value = done.text;
}
