// The live page: how the run stands, the latest events, lanes, gaps, and how late everything is.

import { Icon } from '../review/ui/Icon';
import { isDark, toggleTheme } from '../review/state/settings';
import { US_PER_S, formatClock, percent } from '../shared/format';
import { Lanes, paintDot } from './Lanes';
import { connected, live } from './feed';
import { labelsOf, latestFirst, type LiveEvent, type Percentiles, type Status } from './messages';

const MOST_ROWS = 200;
const STATES: Record<Status['state'], string> = { starting: 'Starting', running: 'Running', reconnecting: 'Reconnecting', ended: 'Ended' };

export function LivePage() {
  return (
    <div class="live">
      <Top />
      <Trouble />
      <Numbers />
      <main class="live-main">
        <Lanes />
        <EventTable />
      </main>
    </div>
  );
}

function Top() {
  const { status } = live.value;
  const state = status.state ?? 'starting';
  return (
    <header class="top live-top">
      <strong class="brand">touchline</strong>
      <h1 class="title grow" title={status.source}><bdi>{status.source ?? 'live'}</bdi></h1>
      <span class={`state ${state}`} role="status">{STATES[state]}</span>
      <button type="button" class="square" aria-label={isDark.value ? 'Light page' : 'Dark page'} title={isDark.value ? 'Light page' : 'Dark page'} onClick={toggleTheme}>
        <Icon name={isDark.value ? 'sun' : 'moon'} />
      </button>
    </header>
  );
}

function Trouble() {
  const { status } = live.value;
  const { verdict, line, withheld } = status.likeness ?? {};
  const lines = [...(status.problems ?? [])];
  if (line && verdict !== 'like') lines.push(line);
  if (withheld) lines.push(`No ball action counts here: ${withheld}.`);
  if (!connected.value && status.state !== 'ended') lines.unshift('This page has no connection to touchline; it is trying again.');
  if (!lines.length) return null;
  return <ul class="trouble" role="alert">{lines.map((line) => <li key={line}>{line}</li>)}</ul>;
}

function Numbers() {
  const { status } = live.value;
  const { latency } = status;
  const gaps = status.gaps ?? [];
  const lost = gaps.reduce((sum, gap) => sum + gap.end_us - gap.start_us, 0) / US_PER_S;
  return (
    <dl class="numbers card">
      <Value name="Stream" value={formatClock((status.time_us ?? 0) / US_PER_S, 0)} note="analysed" />
      <Value name="Events" value={`${status.events ?? 0}`} note="final" />
      <Value name="Transport" value={latency?.transport_s == null ? 'unknown' : seconds(latency.transport_s)} note="camera to here" />
      <Value name="Look-ahead" value={latency ? seconds(latency.look_ahead_s) : '–'} note="the model waits" />
      <Value name="Computing" value={middle(latency?.compute_s)} note={tail(latency?.compute_s)} />
      <Value name="Final after" value={middle(latency?.final_event_s)} note={tail(latency?.final_event_s)} />
      <Value name="Queue" value={percent(status.queue ?? 0)} note={`${status.dropped_frames ?? 0} frames dropped`} warn={(status.dropped_frames ?? 0) > 0} />
      <Value name="Gaps" value={`${gaps.length}`} note={gaps.length ? `${lost.toFixed(1)} s lost` : `${status.reconnects ?? 0} reconnects`} warn={gaps.length > 0} />
    </dl>
  );
}

function Value({ name, value, note, warn = false }: { name: string; value: string; note: string; warn?: boolean }) {
  return <div class={warn ? 'number warn' : 'number'}><dt>{name}</dt><dd>{value}</dd><dd class="soft">{note}</dd></div>;
}

function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
}

function middle(values: Percentiles | undefined): string {
  return values ? seconds(values.p50) : '–';
}

function tail(values: Percentiles | undefined): string {
  return values ? `95 %: ${seconds(values.p95)}` : 'not yet known';
}

function EventTable() {
  const events = latestFirst(live.value).slice(0, MOST_ROWS);
  const labels = labelsOf(live.value);
  return (
    <section class="events card" aria-label="Events">
      <h2>Events</h2>
      {events.length ? null : <p class="soft">No event yet.</p>}
      <div class="table-wrap">
        <table hidden={!events.length}>
          <thead><tr><th>Time</th><th>Event</th><th>Confidence</th><th>State</th></tr></thead>
          <tbody>{events.map((event) => <Row key={event.id} event={event} lane={labels.indexOf(event.label)} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ event, lane }: { event: LiveEvent; lane: number }) {
  return (
    <tr class={event.final ? 'final' : 'provisional'}>
      <td class="mono">{formatClock(event.time_us / US_PER_S, 2)}</td>
      <td><span class="row"><span class="dot" ref={(dot) => paintDot(dot, lane)} /><bdi>{event.label}</bdi></span></td>
      <td class="mono">{percent(event.confidence)}</td>
      <td>{event.final ? 'final' : 'provisional'}</td>
    </tr>
  );
}
