// The point of an event on the picture.

import type { PictureFrame } from '../../shared/people';

const ARM_PX = 11;

export function drawPoint(context: CanvasRenderingContext2D, [px, py]: readonly [number, number], frame: PictureFrame): void {
  const [x, y] = [frame.left + px * frame.scale, frame.top + py * frame.scale];
  for (const [colour, width] of [['#0c121a', 4], ['#ffd800', 2]] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(x - ARM_PX, y);
    context.lineTo(x + ARM_PX, y);
    context.moveTo(x, y - ARM_PX);
    context.lineTo(x, y + ARM_PX);
    context.stroke();
    context.beginPath();
    context.arc(x, y, ARM_PX / 2, 0, 7);
    context.stroke();
  }
}
