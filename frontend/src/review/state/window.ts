// This window among others: a heartbeat tells the server that it is there, and the answer says whether it may write.

import { signal } from '@preact/signals';
import type { BundleApi } from '../api/bundles';
import type { WindowAnswer } from '../types';

const BEAT_MS = 5000;

export class Presence {
  readonly answer;
  private timer = 0;

  /** `behind` is called when others have written more than this window has read. */
  constructor(private readonly api: BundleApi, first: WindowAnswer, private readonly read: () => number, private readonly behind: () => void) {
    this.answer = signal<WindowAnswer>(first);
  }

  get mayWrite(): boolean {
    return this.answer.value.writer;
  }

  start(): void {
    this.timer = window.setInterval(() => { void this.beat(); }, BEAT_MS);
    addEventListener('pagehide', this.leave);
  }

  stop(): void {
    clearInterval(this.timer);
    removeEventListener('pagehide', this.leave);
    this.leave();
  }

  /** Become the window that writes. */
  async takeOver(): Promise<void> {
    this.answer.value = await this.api.alive({ take_over: true });
    this.behind();
  }

  lost(reason: string): void {
    this.answer.value = { ...this.answer.value, writer: false, reason, can_take_over: true };
  }

  private async beat(): Promise<void> {
    try {
      const before = this.answer.value;
      const now = await this.api.alive();
      this.answer.value = now;
      if (now.writer !== before.writer || (!now.writer && now.n > this.read())) this.behind();
    } catch {
      // The outbox says when the connection is gone; the next beat tries again.
    }
  }

  private readonly leave = (): void => {
    this.api.alive({ close: true }).catch(() => undefined);
  };
}
