// The messages of a live run, and the state that they add up to; nothing here touches the page.

export interface LiveEvent {
  id: string;
  revision: number;
  final: boolean;
  withdrawn: boolean;
  label: string;
  time_us: number;
  confidence: number;
  latency_s: number | null;
}

export interface Gap { start_us: number; end_us: number; reason: string }

export type Percentiles = { p50: number; p95: number; p99: number } | null;

export interface Status {
  state: 'starting' | 'running' | 'reconnecting' | 'ended';
  source: string;
  labels: string[];
  time_us: number;
  events: number;
  queue: number;
  dropped_frames: number;
  reconnects: number;
  problems: string[];
  likeness: { verdict: string; line: string; withheld: string };
  gaps: Gap[];
  doubtful: Gap[];
  latency: { transport_s: number | null; look_ahead_s: number; compute_s: Percentiles; final_event_s: Percentiles };
}

export type Message =
  | ({ type: 'snapshot' } & { status: Partial<Status>; events: LiveEvent[] })
  | ({ type: 'status' } & Status)
  | ({ type: 'event' } & LiveEvent);

/** What is known of the run: its state, and the latest revision of each event. */
export interface Live {
  status: Partial<Status>;
  events: ReadonlyMap<string, LiveEvent>;
}

export const NOTHING: Live = { status: {}, events: new Map() };

/** Return the state after a message; an older revision of an event changes nothing. */
export function after(live: Live, message: Message): Live {
  if (message.type === 'snapshot') return { status: message.status, events: new Map(message.events.map((event) => [event.id, event])) };
  if (message.type === 'status') return { ...live, status: message };
  const known = live.events.get(message.id);
  if (known && known.revision >= message.revision) return live;
  const events = new Map(live.events);
  if (message.withdrawn) events.delete(message.id); else events.set(message.id, message);
  return { ...live, events };
}

/** Return the events, the latest first. */
export function latestFirst(live: Live): LiveEvent[] {
  return [...live.events.values()].sort((a, b) => b.time_us - a.time_us || a.label.localeCompare(b.label));
}

/** Return the labels with a lane: those of the model, then any others that came. */
export function labelsOf(live: Live): string[] {
  const seen = [...live.events.values()].map((event) => event.label);
  return [...new Set([...(live.status.labels ?? []), ...seen])];
}
