// Columns of one pixel, written straight into a picture: what is too dense for paths is drawn this way at once.

import type { Area } from '../../shared/canvas';
import { curveMax, type Curve } from '../../shared/curves';
import { clamp } from '../../shared/format';
import type { Span } from '../../shared/view';

const FILL_ALPHA = 0.24;
const EDGE_ALPHA = 0.8;

export class Columns {
  private readonly pixels: Uint32Array;
  private readonly image: ImageData;

  constructor(readonly width: number, readonly height: number) {
    this.image = new ImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /** Write a column from `top` down to `bottom`; heights are rounded to pixels. */
  fill(x: number, top: number, bottom: number, colour: number): void {
    if (x < 0 || x >= this.width) return;
    const last = Math.min(this.height, Math.round(bottom));
    for (let y = clamp(Math.round(top), 0, this.height); y < last; y += 1) this.pixels[y * this.width + x] = colour;
  }

  /** Write a curve: each pixel's maximum as a light column with a strong upper edge. */
  curve(curve: Curve, view: Span, colour: string, yOf: (value: number) => number): void {
    const perPixel = (view.to - view.from) / this.width;
    const [light, strong] = [packed(colour, FILL_ALPHA), packed(colour, EDGE_ALPHA)];
    let before: number | null = null;
    for (let x = 0; x < this.width; x += 1) {
      const time = view.from + x * perPixel;
      const value = curveMax(curve, time, time + perPixel);
      const top = value === null ? null : Math.round(yOf(value));
      if (top !== null) {
        this.fill(x, top, this.height, light);
        const foot: number = before === null ? top : Math.max(before, top);
        this.fill(x, Math.min(before ?? top, top), foot + 1, strong);
      }
      before = top;
    }
  }

  /** Lay the columns over what is drawn. */
  put({ context, width, height }: Area): void {
    const scratch = scratchOf(this.width, this.height);
    scratch.getContext('2d')!.putImageData(this.image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(scratch, 0, 0, this.width, this.height, 0, 0, width, height);
  }
}

/** Return a colour "#rrggbb" with an opacity as a pixel of image data. */
export function packed(colour: string, alpha: number): number {
  const rgb = parseInt(colour.slice(1, 7), 16);
  return ((Math.round(alpha * 255) << 24) | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)) >>> 0;
}

const scratches = new Map<string, HTMLCanvasElement>();
const MOST_SCRATCHES = 8;

function scratchOf(width: number, height: number): HTMLCanvasElement {
  const key = `${width} ${height}`;
  const found = scratches.get(key);
  if (found) return found;
  if (scratches.size >= MOST_SCRATCHES) scratches.clear();
  const made = Object.assign(document.createElement('canvas'), { width, height });
  scratches.set(key, made);
  return made;
}
