// The keeper pages: skeletons that turn around their upright axis, by dragging or with the arrow keys; printing.

const QUARTER = Math.PI / 2;
const DRAG_PX_PER_RADIAN = 60;

type Joint = readonly [number, number, number];

class Skeleton {
  private readonly joints: Joint[];
  private readonly lines: Array<{ line: SVGLineElement; first: number; second: number }>;
  private angle = 0;
  private drag: { x: number; angle: number } | null = null;

  constructor(svg: SVGSVGElement) {
    const numbers = svg.dataset.joints!.split(' ').map((text) => (text === 'x' ? NaN : Number(text)));
    this.joints = Array.from({ length: numbers.length / 3 }, (_, k) => [numbers[3 * k], numbers[3 * k + 1], numbers[3 * k + 2]]);
    this.lines = [...svg.querySelectorAll('line')].map((line) => {
      const [first, second] = line.dataset.bone!.split(',').map(Number);
      return { line, first, second };
    });
    this.listen(svg);
  }

  private listen(svg: SVGSVGElement): void {
    svg.addEventListener('pointerdown', (event) => {
      svg.setPointerCapture(event.pointerId);
      this.drag = { x: event.clientX, angle: this.angle };
    });
    svg.addEventListener('pointermove', (event) => {
      if (this.drag) this.turn(this.drag.angle + (event.clientX - this.drag.x) / DRAG_PX_PER_RADIAN);
    });
    for (const name of ['pointerup', 'pointercancel']) svg.addEventListener(name, () => { this.drag = null; });
    svg.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      this.turn(this.angle + (way * QUARTER) / 6);
    });
  }

  private turn(angle: number): void {
    this.angle = angle;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const flat = this.joints.map(([x, y, z]) => [c * x + s * z, y]);
    for (const { line, first, second } of this.lines) {
      const values = [...flat[first], ...flat[second]];
      ['x1', 'y1', 'x2', 'y2'].forEach((name, k) => line.setAttribute(name, values[k].toFixed(1)));
    }
  }
}

for (const svg of document.querySelectorAll<SVGSVGElement>('svg.spin')) new Skeleton(svg);
document.getElementById('print')?.addEventListener('click', () => window.print());
