// Heat maps: the seconds spent on each cell of the pitch.

import { preparedCanvas } from './canvas';
import { element } from './dom';
import { clamp } from './format';
import { drawPitch, pitchFit, type Pitch, type PitchFit } from './pitch';

const CELL_M = 2;
const SMOOTH_CELLS = 2;
const MARGIN_M = 2;
const HEAT = [[255, 247, 188], [254, 196, 79], [236, 112, 20], [153, 52, 4]];

export class HeatGrid {
  readonly columns: number;
  readonly rows: number;
  /** Seconds in all cells. */
  total = 0;
  private readonly cells: Float32Array;

  constructor(readonly pitch: Pitch) {
    this.columns = Math.ceil(pitch.length_m / CELL_M);
    this.rows = Math.ceil(pitch.width_m / CELL_M);
    this.cells = new Float32Array(this.columns * this.rows);
  }

  add(x: number, y: number, seconds: number): void {
    const column = Math.floor((x + this.pitch.length_m / 2) / CELL_M);
    const row = Math.floor((this.pitch.width_m / 2 - y) / CELL_M);
    this.cells[clamp(row, 0, this.rows - 1) * this.columns + clamp(column, 0, this.columns - 1)] += seconds;
    this.total += seconds;
  }

  /** Average the cells with their neighbours three times, which approximates a Gaussian blur. */
  smoothed(): Float32Array {
    let { cells } = this;
    for (let pass = 0; pass < 3; pass += 1) {
      cells = boxBlur(cells, this.columns, this.rows, 1, this.columns);
      cells = boxBlur(cells, this.rows, this.columns, this.columns, 1);
    }
    return cells;
  }
}

/** Average along lines of `count` cells that are `step` apart; lines start `next` apart. */
function boxBlur(cells: Float32Array, count: number, lines: number, step: number, next: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(cells.length);
  const reach = Math.floor(SMOOTH_CELLS / 2);
  for (let line = 0; line < lines; line += 1) {
    for (let i = 0; i < count; i += 1) {
      let sum = 0;
      let known = 0;
      for (let k = Math.max(0, i - reach); k <= Math.min(count - 1, i + reach); k += 1) {
        sum += cells[line * next + k * step];
        known += 1;
      }
      out[line * next + i * step] = sum / known;
    }
  }
  return out;
}

/** Draw a grid with the lines of the pitch over it. */
export function drawHeat(canvas: HTMLCanvasElement, grid: HeatGrid, lineColour: string): void {
  const { context, width, height } = preparedCanvas(canvas);
  const fit = pitchFit(grid.pitch, width, height, MARGIN_M);
  const cells = grid.smoothed();
  const most = cells.reduce((a, b) => Math.max(a, b), 0);
  if (most > 0) paintCells(context, grid, cells, most, fit);
  drawPitch(context, grid.pitch, fit, lineColour);
}

function paintCells(context: CanvasRenderingContext2D, grid: HeatGrid, cells: Float32Array, most: number, fit: PitchFit): void {
  const picture = new ImageData(grid.columns, grid.rows);
  for (let i = 0; i < cells.length; i += 1) {
    const level = Math.sqrt(cells[i] / most);
    const place = clamp(level * (HEAT.length - 1), 0, HEAT.length - 1.001);
    const [low, high] = [HEAT[Math.floor(place)], HEAT[Math.floor(place) + 1]];
    for (let c = 0; c < 3; c += 1) picture.data[4 * i + c] = low[c] + (high[c] - low[c]) * (place % 1);
    picture.data[4 * i + 3] = 255 * Math.min(1, 1.6 * level);
  }
  const small = element('canvas');
  [small.width, small.height] = [grid.columns, grid.rows];
  small.getContext('2d')!.putImageData(picture, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  const [left, top] = [fit.x(-grid.pitch.length_m / 2), fit.y(grid.pitch.width_m / 2)];
  context.drawImage(small, left, top, grid.columns * CELL_M * fit.scale, grid.rows * CELL_M * fit.scale);
}
