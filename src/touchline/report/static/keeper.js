// Skeletons that turn around their upright axis: by dragging, or with the arrow keys.

const QUARTER = Math.PI / 2;

class Skeleton {
  constructor(svg) {
    const numbers = svg.dataset.joints.split(' ').map((text) => (text === 'x' ? NaN : Number(text)));
    this.joints = Array.from({ length: numbers.length / 3 }, (_, k) => numbers.slice(3 * k, 3 * k + 3));
    this.lines = [...svg.querySelectorAll('line')].map((line) => [line, ...line.dataset.bone.split(',').map(Number)]);
    this.angle = 0;
    svg.addEventListener('pointerdown', (event) => {
      svg.setPointerCapture(event.pointerId);
      this.from = [event.clientX, this.angle];
    });
    svg.addEventListener('pointermove', (event) => {
      if (this.from) this.turn(this.from[1] + (event.clientX - this.from[0]) / 60);
    });
    for (const name of ['pointerup', 'pointercancel']) svg.addEventListener(name, () => { this.from = null; });
    svg.addEventListener('keydown', (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!way) return;
      event.preventDefault();
      this.turn(this.angle + (way * QUARTER) / 6);
    });
  }

  turn(angle) {
    this.angle = angle;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const flat = this.joints.map(([x, y, z]) => [c * x + s * z, y]);
    for (const [line, first, second] of this.lines) {
      const values = [...flat[first], ...flat[second]];
      ['x1', 'y1', 'x2', 'y2'].forEach((name, k) => line.setAttribute(name, values[k].toFixed(1)));
    }
  }
}

for (const svg of document.querySelectorAll('svg.spin')) new Skeleton(svg);
document.getElementById('print')?.addEventListener('click', () => window.print());
