// Drawing the timeline: axis above, rows in the middle, the whole video below.

import { drawAxis, drawCurve, drawGaps, drawGrid, curvePoints, traceDiamond, within, type Area } from '../../shared/canvas';
import { pick } from '../../shared/colours';
import type { Curve } from '../../shared/curves';
import { lowerBound } from '../../shared/format';
import { drawThreshold } from '../../shared/lanes';
import { xOf, type Span } from '../../shared/view';
import { Columns } from './columns';
import { drawMarks, yOf } from './marks';
import { paintOverview } from './overview';
import { paintCrowd, paintKeepers, paintPerson, paintReviewed, paintShots, paintWave, paintWhistles } from './otherrows';
import { AXIS_PX, besideHeight, OVERVIEW_PX, type Row } from './rows';
import { versionByLabel, type Scene } from './scene';

export function paint(area: Area, scene: Scene): void {
  const { width, height } = area;
  within(area, { x: 0, y: 0, width, height: AXIS_PX }, (part) => drawAxis(part, scene.view, scene.theme));
  const middle = height - AXIS_PX - OVERVIEW_PX;
  within(area, { x: 0, y: AXIS_PX, width, height: middle }, (part) => {
    for (const row of scene.rows) {
      const y = row.top - scene.scroll;
      if (y + row.height < 0 || y > middle) continue;
      within(part, { x: 0, y, width, height: row.height }, (box) => paintRow(box, row, scene));
    }
  });
  within(area, { x: 0, y: height - OVERVIEW_PX + 4, width, height: OVERVIEW_PX - 4 }, (part) => paintOverview(part, scene));
}

function paintRow(area: Area, row: Row, scene: Scene): void {
  const { context, width } = area;
  context.fillStyle = scene.theme.surface;
  context.fillRect(0, 0, width, area.height);
  drawGrid(area, scene.view, scene.theme);
  drawGaps(area, scene.gaps, scene.view, scene.theme);
  PAINTERS[row.kind](area, row as never, scene);
  context.fillStyle = scene.theme.line;
  context.fillRect(0, area.height - 1, width, 1);
}

const PAINTERS: { [K in Row['kind']]: (area: Area, row: Extract<Row, { kind: K }>, scene: Scene) => void } = {
  reviewed: (area, _, scene) => paintReviewed(area, scene),
  shots: (area, _, scene) => paintShots(area, scene),
  whistles: (area, _, scene) => paintWhistles(area, scene),
  crowd: (area, _, scene) => paintCrowd(area, scene),
  wave: (area, _, scene) => paintWave(area, scene),
  person: (area, _, scene) => paintPerson(area, scene),
  keepers: (area, _, scene) => paintKeepers(area, scene),
  class: paintClass,
};

function paintClass(area: Area, { label }: Extract<Row, { kind: 'class' }>, scene: Scene): void {
  const { desk, view, theme } = scene;
  const colour = pick(label.colours, theme.dark);
  const beside = besideHeight(desk);
  const own = { ...area, height: area.height - beside };
  const curve = desk.backdrop.curves.value.get(label.name);
  const height = (value: number): number => yOf(value, own.height);
  if (curve) paintCurve(own, curve, view, colour, height);
  const threshold = desk.threshold(label.name);
  if (curve || threshold > 0) drawThreshold(own, height(threshold), colour);
  drawMarks(own, desk.byLabel.value.get(label.name) ?? [], { colour, threshold, scene });
  if (beside) within(area, { x: 0, y: own.height, width: area.width, height: beside }, (part) => paintBeside(part, label.name, scene));
}

/** Draw a curve as a line where its samples can be told apart, and as columns of pixels where they cannot. */
function paintCurve(area: Area, curve: Curve, view: Span, colour: string, y: (value: number) => number): void {
  if (curve.step > (view.to - view.from) / area.width) {
    drawCurve(area.context, curvePoints(curve, view, area.width), y, area.height - 1, colour);
    return;
  }
  const columns = new Columns(Math.round(area.width), Math.round(area.height - 1));
  columns.curve(curve, view, colour, y);
  columns.put({ ...area, height: area.height - 1 });
}

/** Draw the events of the other version as diamonds. */
function paintBeside({ context, width, height }: Area, label: string, { desk, view, theme }: Scene): void {
  const events = versionByLabel(desk).get(label) ?? [];
  const margin = (6 / width) * (view.to - view.from);
  context.fillStyle = theme.text;
  context.globalAlpha = 0.08;
  context.fillRect(0, 0, width, height);
  context.globalAlpha = 1;
  const [middle, reach] = [height / 2, 4];
  for (const event of events.slice(lowerBound(events, view.from - margin), lowerBound(events, view.to + margin))) {
    const x = xOf(event.start, view, width);
    if (event.end !== null) context.fillRect(x, middle - 1, Math.max(1, xOf(event.end, view, width) - x), 2);
    traceDiamond(context, x, middle, reach);
    context.fill();
  }
}
