// Addresses of one bundle, with typed bodies.

import type {
  BundleData, ClipsPost, EntriesAnswer, Entry, EntryAnswer, EntryPost, ExportAnswer, ExportPost, Job, Place, WindowAnswer, WindowPost,
} from '../types';
import { get, post } from './client';

export class BundleApi {
  private readonly root: string;

  constructor(readonly id: string, readonly window: string) {
    this.root = `/api/bundles/${encodeURIComponent(id)}`;
  }

  open(): Promise<BundleData> {
    return get(`${this.root}?window=${this.window}`);
  }

  async entries(after: number): Promise<Entry[]> {
    return (await get<EntriesAnswer>(`${this.root}/entries?after=${after}`)).entries;
  }

  write(entry: EntryPost): Promise<EntryAnswer> {
    return post(`${this.root}/entries`, entry);
  }

  alive(more: Omit<WindowPost, 'window'> = {}): Promise<WindowAnswer> {
    return post(`${this.root}/window`, { window: this.window, ...more }, more.close);
  }

  export(body: ExportPost): Promise<ExportAnswer> {
    return post(`${this.root}/export`, body);
  }

  clips(body: ClipsPost): Promise<Job> {
    return post(`${this.root}/clips`, body);
  }

  proxy(): Promise<Job> {
    return post(`${this.root}/proxy`, {});
  }

  /** Return the place on the pitch of a point of the picture; `address` is that of the bundle's parts. */
  place(address: string, timeUs: number, [x, y]: readonly [number, number]): Promise<Place> {
    return get(`${address}?time_us=${Math.round(timeUs)}&x=${x}&y=${y}`);
  }
}

/** Return a random id for this window. */
export function newWindowId(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
