// Changes of this window: applied at once, sent to the server in order, and never lost on the way.

import { computed, signal } from '@preact/signals';
import { ApiError, pause } from '../api/client';
import type { BundleApi } from '../api/bundles';
import { journalOf, written, type Journal } from '../model/journal';
import { Outbox, type Pending, type SendResult } from '../model/outbox';
import { rebased } from '../model/rebase';
import type { Change, Entry, Step } from '../model/values';
import { keepPending, keptPending } from './pending';

const GONE = 'The connection to touchline is gone. Your changes are kept in this window and sent when it is back.';
const LOCKED = 'touchline was started anew. Your changes are kept in this window; open the address that it printed to go on.';

/** Why changes do not arrive, in words, and what can be done. */
export interface Trouble { kind: 'unreachable' | 'read-only' | 'refused' | 'set-aside'; text: string }

export class Saving {
  readonly journal;
  readonly corrections = computed(() => this.journal.value.corrections);
  readonly waiting = signal(0);
  readonly trouble = signal<Trouble | null>(null);
  /** Steps that could not be kept, for the user to look at. */
  readonly setAside = signal<readonly Step[]>([]);
  readonly outbox: Outbox;
  private entries: Entry[];
  private locked = false;   // whether the server runs, but does not know this page

  /** `name` is that of this bundle among those that this browser keeps unsent steps of. */
  constructor(
    private readonly api: BundleApi, private readonly name: string, entries: readonly Entry[],
    private readonly lostRight: (why: string) => void,
  ) {
    this.entries = [...entries];
    this.journal = signal<Journal>(journalOf(entries));
    this.outbox = new Outbox({
      send: (pending) => this.send(pending), changed: () => this.changed(), wait: pause,
      stopped: (reason) => { void this.stopped(reason); },
    });
    const kept = keptPending(name);
    if (kept.length) this.rebase(kept);
  }

  do(changes: Change[]): void {
    if (changes.length) this.add({ do: changes });
  }

  /** Undo the last command; return what it changed, or null if there is none. */
  undo(): readonly Change[] | null {
    const target = this.journal.value.undoable.at(-1);
    if (target === undefined) return null;
    this.add({ undo: target });
    return this.journal.value.commands.get(target) ?? [];
  }

  redo(): readonly Change[] | null {
    const target = this.journal.value.redoable.at(-1);
    if (target === undefined) return null;
    this.add({ redo: target });
    return this.journal.value.commands.get(target) ?? [];
  }

  /** Read what others have written, and put the unsent steps on top of it. */
  refresh(): Promise<void> {
    return this.outbox.between(async () => {
      const more = await this.api.entries(this.entries.length);
      const known = new Set(this.entries.map((entry) => entry.n));
      this.entries.push(...more.filter((entry) => !known.has(entry.n)));
      this.rebase(this.outbox.pending);
    });
  }

  /** Return the last saved entry that changed a thing, or null. */
  lastOf(what: Change['what'], id: string): Entry | null {
    return this.entries.findLast((entry) => entry.do?.some((change) => change.what === what && change.id === id)) ?? null;
  }

  private add(step: Step): void {
    const n = this.journal.value.last + 1;
    this.journal.value = written(this.journal.value, n, step);
    this.outbox.add({ n, step });
  }

  private rebase(pending: readonly Pending[]): void {
    const result = rebased(journalOf(this.entries), this.entries, pending);
    this.journal.value = result.journal;
    this.lay(result.dropped, 'Another window changed the same things first; your changes to them were set aside.');
    this.outbox.replace(result.pending);
  }

  private lay(steps: readonly Step[], text: string): void {
    if (!steps.length) return;
    this.setAside.value = [...this.setAside.value, ...steps];
    this.trouble.value = { kind: 'set-aside', text };
  }

  private async send({ n, step }: Pending): Promise<SendResult> {
    try {
      const { at, who } = await this.api.write({ window: this.api.window, n, ...step });
      this.entries.push({ n, at, who, ...step });
      return { kind: 'saved', n };
    } catch (error) {
      this.locked = error instanceof ApiError && error.status === 403;
      return resultOf(error);
    }
  }

  private changed(): void {
    const { state, pending } = this.outbox;
    this.waiting.value = pending.length;
    keepPending(this.name, pending);
    const unreachable = this.trouble.value?.kind === 'unreachable';
    if (state === 'unreachable' && !unreachable) this.trouble.value = { kind: 'unreachable', text: this.locked ? LOCKED : GONE };
    else if (state !== 'unreachable' && unreachable) this.trouble.value = null;
  }

  private async stopped(reason: Exclude<SendResult, { kind: 'saved' | 'unreachable' }>): Promise<void> {
    if (reason.kind === 'read-only') {
      this.lostRight(reason.message);
      return;
    }
    if (reason.kind === 'stale') {
      await this.refreshWhenPossible();
      return;
    }
    const [first, ...rest] = this.outbox.pending;
    this.rebase(rest);
    this.lay([first.step], `The server did not take a change: ${reason.message}`);
    this.trouble.value = { kind: 'refused', text: `The server did not take a change: ${reason.message}` };
  }

  private async refreshWhenPossible(): Promise<void> {
    try {
      await this.refresh();
    } catch {
      await pause(1000);
      await this.refreshWhenPossible();
    }
  }
}

function resultOf(error: unknown): SendResult {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 409) return { kind: 'stale' };
  if (error.status === 423) return { kind: 'read-only', message: error.message };
  if (error.unreachable || error.status === 403 || error.status >= 500) return { kind: 'unreachable' };
  return { kind: 'refused', message: error.message };
}
