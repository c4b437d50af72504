// What is known of one event: who did it, what became of the ball, where, and why it is believed.

import { preparedCanvas } from '../shared/canvas';
import { themeColours } from '../shared/colours';
import { byId, element } from '../shared/dom';
import { drawPitch, pitchFit, type Pitch } from '../shared/pitch';
import type { ReportEvent } from './data';

const MARGIN_M = 3;
const OUTCOMES: Record<string, string> = {
  complete: 'reached a team mate', intercepted: 'taken by the other team', out: 'went out of play', unknown: 'not known',
};

/** Names of teams by their ids, and the pitch if places are known. */
export interface Known {
  names: Record<string, string>;
  pitch: Pitch | null;
}

/** Return a player in words: a track's number as "no. 12", a name as it is. */
export function playerWords(player: string | null): string {
  return player && /^\d+$/.test(player) ? `no. ${player}` : player ?? '';
}

/** Return who did it, to whom it went, and for which team, in a few words. */
export function whoWords(event: ReportEvent, names: Record<string, string>): string {
  const team = event.team && (names[event.team] ?? event.team);
  const { receiver } = event.details ?? {};
  const onwards = receiver === undefined ? '' : ` → ${playerWords(String(receiver))}`;
  return [`${playerWords(event.player)}${onwards}`.trim(), team].filter(Boolean).join(', ');
}

export class AboutEvent {
  private readonly box = byId('about');
  private readonly terms = byId('about-terms');
  private readonly canvas = byId<HTMLCanvasElement>('about-pitch');
  private event: ReportEvent | null = null;

  constructor(private readonly known: Known) {
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.box);
  }

  /** Show an event; hide everything if there is nothing to show. */
  show(event: ReportEvent | null): void {
    if (event === this.event) return;
    this.event = event;
    const details = event?.details;
    this.box.hidden = !details;
    if (!event || !details) return;
    byId('about-label').textContent = event.label;
    byId('about-reason').textContent = details.reason ?? '';
    this.terms.replaceChildren(...this.rows(event).flatMap(([term, words]) => [element('dt', '', term), element('dd', '', words)]));
    this.draw();
  }

  private rows(event: ReportEvent): Array<[string, string]> {
    const { receiver, outcome, length_m: length } = event.details!;
    const rows: Array<[string, string]> = [
      ['Team', event.team ? this.known.names[event.team] ?? event.team : ''],
      ['Player', playerWords(event.player)],
      ['Next on the ball', receiver === undefined ? '' : playerWords(String(receiver))],
      ['Outcome', outcome ? OUTCOMES[outcome] ?? outcome : ''],
      ['Length', length === undefined ? '' : `${length.toFixed(0)} m`],
    ];
    return rows.filter(([, words]) => words);
  }

  /** Draw the place on a small pitch, with an arrow to where the ball went. */
  private draw(): void {
    const { pitch } = this.known;
    const from = this.event?.details?.place_m;
    this.canvas.hidden = !pitch || !from;
    if (!pitch || !from) return;
    const { context, width, height } = preparedCanvas(this.canvas);
    const theme = themeColours();
    const fit = pitchFit(pitch, width, height, MARGIN_M);
    drawPitch(context, pitch, fit, theme.hatch);
    const to = this.event?.details?.to_m;
    if (to) drawArrow(context, [fit.x(from[0]), fit.y(from[1])], [fit.x(to[0]), fit.y(to[1])], theme.accent);
    context.fillStyle = theme.accent;
    context.beginPath();
    context.arc(fit.x(from[0]), fit.y(from[1]), 4, 0, 7);
    context.fill();
  }
}

function drawArrow(context: CanvasRenderingContext2D, [x0, y0]: [number, number], [x1, y1]: [number, number], colour: string): void {
  const angle = Math.atan2(y1 - y0, x1 - x0);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  for (const side of [-1, 1]) {
    context.moveTo(x1, y1);
    context.lineTo(x1 - 7 * Math.cos(angle + side * 0.5), y1 - 7 * Math.sin(angle + side * 0.5));
  }
  context.stroke();
}
