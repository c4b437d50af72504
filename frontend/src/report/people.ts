// People over the video and on the radar: buttons, clicks, and where the radar lies.

import { preparedCanvas } from '../shared/canvas';
import { byId } from '../shared/dom';
import { clamp } from '../shared/format';
import { keep, readKept } from '../shared/kept';
import { Movable, isSpot } from '../shared/movable';
import { drawPeople, personAt, pictureFrame, type PictureFrame } from '../shared/people';
import { drawRadar, radarShape } from '../shared/pitch';
import type { Sight, Track, TrackStore } from '../shared/tracks';

const RADAR_SHARE = 0.24;
const RADAR_SPOT = { x: 1, y: 0 };   // top right: there the pictures of matches show the stands
const KEPT_SPOT = 'touchline:radar-spot';
const KEPT_LAYERS = 'touchline:layers';

type Layer = 'boxes' | 'ids' | 'radar';

const BUTTONS: Record<Layer, string> = { boxes: 'show-boxes', ids: 'show-ids', radar: 'show-radar' };

export class PeopleView {
  selected: Track | null = null;
  private readonly video = byId('video');
  private readonly screen = byId('screen');
  private readonly canvas = byId<HTMLCanvasElement>('people');
  private readonly radar = byId<HTMLCanvasElement>('radar');
  private readonly radarBox = byId('radar-box');
  private readonly movable: Movable;
  private readonly show: Record<Layer, boolean>;
  private time = 0;
  private drawn = false;
  private sights: Sight[] = [];

  /** `select(track or null)` is called on a click on a person. */
  constructor(private readonly store: TrackStore, private readonly select: (track: Track | null) => void) {
    this.show = { boxes: true, ids: true, radar: true, ...readKept(KEPT_LAYERS, isLayers) };
    this.movable = new Movable(this.radarBox, this.screen, readKept(KEPT_SPOT, isSpot) ?? RADAR_SPOT, (spot) => keep(KEPT_SPOT, spot));
    this.canvas.hidden = false;
    this.wire();
  }

  private wire(): void {
    byId('people-tools').hidden = false;
    for (const what of Object.keys(BUTTONS) as Layer[]) {
      const button = byId(BUTTONS[what]);
      button.hidden = what === 'radar' && !this.store.placed;
      button.addEventListener('click', () => this.toggle(what));
    }
    byId('radar-hide').addEventListener('click', () => this.toggle('radar'));
    this.radarBox.addEventListener('click', (event) => this.clickThrough(event));
    this.screen.addEventListener('click', (event) => this.onClick(event), true);
    this.screen.addEventListener('pointermove', (event) => {
      this.screen.classList.toggle('on-person', this.hit(event) !== null);
    });
    new ResizeObserver(() => this.draw()).observe(this.video);
    this.markButtons();
  }

  toggle(what: Layer): void {
    if (what === 'radar' && !this.store.placed) return;
    this.show[what] = !this.show[what];
    keep(KEPT_LAYERS, this.show);
    this.markButtons();
    this.draw();
  }

  private markButtons(): void {
    for (const what of Object.keys(BUTTONS) as Layer[]) byId(BUTTONS[what]).setAttribute('aria-pressed', String(this.show[what]));
  }

  setTime(time: number): void {
    if (time === this.time && this.drawn) return;
    this.time = time;
    this.draw();
  }

  private frame(): PictureFrame {
    return pictureFrame(this.video, this.store.width, this.store.height);
  }

  private hit(event: MouseEvent): Sight | null {
    if (!this.show.boxes || this.canvas.hidden || (event.target as Element).closest('.trouble, .radar-box')) return null;
    const box = this.screen.getBoundingClientRect();
    return personAt(this.sights, this.frame(), event.clientX - box.left, event.clientY - box.top);
  }

  private onClick(event: MouseEvent): void {
    const hit = this.hit(event);
    if (!hit) return;
    event.stopPropagation();
    this.select(hit.track === this.selected ? null : hit.track);
  }

  /** A click on the radar that did not drag it goes to the picture below. */
  private clickThrough({ clientX, clientY, target }: MouseEvent): void {
    if (this.movable.dragged || (target as Element).closest('button')) return;
    this.video.dispatchEvent(new MouseEvent('click', { clientX, clientY, bubbles: true }));
  }

  private get hasPicture(): boolean {
    return !this.screen.classList.contains('no-video');
  }

  draw(): void {
    this.drawn = true;
    this.sights = this.store.at(this.time);
    const { context } = preparedCanvas(this.canvas);
    const frame = this.frame();
    const chosen = this.selected?.id ?? null;
    if (this.show.boxes && this.hasPicture) {
      drawPeople(context, this.sights, { store: this.store, time: this.time, frame, chosen, ids: this.show.ids });
    }
    this.drawRadar(frame, chosen);
  }

  private drawRadar(frame: PictureFrame, chosen: number | null): void {
    const { store, radar, radarBox } = this;
    radarBox.hidden = !this.show.radar || !this.hasPicture || !this.sights.some((sight) => sight.place);
    if (radarBox.hidden) return;
    const width = clamp(RADAR_SHARE * store.width * frame.scale, 110, 420);
    radarBox.style.setProperty('width', `${Math.round(width)}px`);
    radarBox.style.setProperty('height', `${Math.round(width * radarShape(store.pitch))}px`);
    this.movable.place();
    drawRadar(preparedCanvas(radar), store.pitch, this.sights, chosen);
  }
}

function isLayers(value: unknown): value is Partial<Record<Layer, boolean>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((shown) => typeof shown === 'boolean');
}
