// Lanes of the timeline for the sound: whistles, the crowd, power by band.

const SOUND_COLOURS = { whistle: ['#b3263d', '#ff7a8a'], crowd: ['#007f8f', '#3cc8da'] };

class SoundLanes {
  /** `actions`: seek(seconds). */
  constructor(raw, timeline, actions) {
    this.timeline = timeline;
    this.actions = actions;
    this.grid = { start: 0, step: raw.step };
    const lane = (text) => ({ curve: bytesFromBase64(text) });
    this.curves = { whistle: lane(raw.whistle), loud: lane(raw.loud), onset: lane(raw.onset), level: lane(raw.level) };
    this.bands = bytesFromBase64(raw.bands);
    this.bandNames = raw.band_names;
    this.whistles = raw.whistles.map(([start, end, confidence, pitch]) => ({ start, end, confidence, pitch }));
    this.swells = raw.swells.map(([start, confidence, rise]) => ({ start, confidence, rise }));
    this.box = document.getElementById('lanes');
    const title = element('div', 'lane lane-title');
    title.append(element('h3', '', 'Sound'));
    for (const note of raw.notes) title.append(element('span', 'sound-note', note));
    this.box.append(title);
    if (!this.curves.whistle.curve.length) return;
    this.addRow('Whistles', 'whistle', this.whistles.length, (...given) => this.drawWhistles(...given), (time) => this.whistleTip(time));
    this.addRow('Crowd', 'crowd', this.swells.length, (...given) => this.drawCrowd(...given), (time) => this.crowdTip(time));
    this.addRow('Spectrum', '', null, (...given) => this.drawBands(...given), (time, y) => this.bandTip(time, y));
  }

  addRow(name, kind, count, draw, tip) {
    const row = element('div', `lane track-lane sound-lane ${kind || 'spectrum'}-lane`);
    row.dataset.sound = name;
    const head = element('div', 'lane-head');
    if (kind) head.append(element('span', 'dot'));
    head.append(element('span', 'lane-label', name));
    if (kind) {
      const colours = SOUND_COLOURS[kind];
      row.style.setProperty('--lane', colours[matchMedia('(prefers-color-scheme: dark)').matches ? 1 : 0]);
      head.append(element('span', 'lane-count', kind === 'whistle' ? `${count} heard` : `${count} ${count === 1 ? 'rise' : 'rises'}`));
    }
    const plot = element('div', 'plot');
    const canvas = element('canvas');
    plot.append(canvas, element('div', 'playhead'));
    row.append(head, plot);
    this.box.append(row);
    this.bandPlot = plot;   // that of the last row
    const marks = kind === 'whistle' ? this.whistles : kind === 'crowd' ? this.swells : [];
    this.timeline.addRow({
      plot, canvas, tip,
      draw: (target, view, colours) => {
        if (kind) row.style.setProperty('--lane', SOUND_COLOURS[kind][colours.dark ? 1 : 0]);
        draw(target, view, colours);
      },
      click: (time) => {
        const near = this.nearest(marks, time, plot);
        this.actions.seek(near ? near.start : time);
      },
    });
  }

  /** Return the mark nearest to a time, within a few pixels. */
  nearest(marks, time, plot) {
    const reach = (NEAR_PX / plot.clientWidth) * this.timeline.span;
    const gap = (mark) => Math.max(mark.start - time, time - (mark.end ?? mark.start), 0);
    return marks.filter((mark) => gap(mark) <= reach).sort((a, b) => gap(a) - gap(b))[0] || null;
  }

  prepare(canvas, view, colours) {
    const made = preparedCanvas(canvas);
    made.context.fillStyle = colours.grid;
    for (const time of ticksOf(view, made.width, 78).times) made.context.fillRect(Math.round(xOf(time, view, made.width)), 0, 1, made.height);
    return made;
  }

  drawWhistles(canvas, view, colours) {
    const { context, width, height } = this.prepare(canvas, view, colours);
    const colour = SOUND_COLOURS.whistle[colours.dark ? 1 : 0];
    const yOf = (value) => height - 1 - value * (height - 10);
    drawCurve(context, curvePoints(this.curves.whistle, this.grid, view, width), yOf, height, colour);
    for (const whistle of this.whistles) {
      const left = xOf(whistle.start, view, width);
      const right = Math.max(left + 2, xOf(whistle.end, view, width));
      if (right < 0 || left > width) continue;
      context.fillStyle = colour;
      context.globalAlpha = 0.35 + 0.65 * whistle.confidence;
      context.fillRect(left, 2, right - left, 5);
      context.globalAlpha = 1;
    }
  }

  drawCrowd(canvas, view, colours) {
    const { context, width, height } = this.prepare(canvas, view, colours);
    const colour = SOUND_COLOURS.crowd[colours.dark ? 1 : 0];
    const yOf = (value) => height - 1 - value * (height - 10);
    for (const [x, value] of curvePoints(this.curves.loud, this.grid, view, width)) {   // confidence that it is loud
      if (!value) continue;
      context.fillStyle = colour;
      context.globalAlpha = 0.3 * value;
      context.fillRect(x, 0, Math.max(1, (this.grid.step / (view.to - view.from)) * width + 0.5), height);
    }
    context.globalAlpha = 1;
    drawCurve(context, curvePoints(this.curves.level, this.grid, view, width), yOf, height, colour);
    for (const swell of this.swells) {
      const x = xOf(swell.start, view, width);
      if (x < -5 || x > width + 5) continue;
      context.fillStyle = colour;
      context.globalAlpha = 0.4 + 0.6 * swell.confidence;
      context.beginPath();
      context.moveTo(x - 4, 9);
      context.lineTo(x + 4, 9);
      context.lineTo(x, 1);
      context.fill();
      context.fillRect(x - 0.5, 9, 1, height - 9);
      context.globalAlpha = 1;
    }
  }

  drawBands(canvas, view, colours) {
    const { context, width, height } = preparedCanvas(canvas);
    const count = this.bandNames.length;
    const tall = height / count;
    const samples = this.bands.length / count;
    const perPixel = (view.to - view.from) / width;
    const wide = Math.max(1, this.grid.step / perPixel);
    context.fillStyle = colours.dark ? '#f0b93a' : '#9a4d00';
    for (let x = 0; x < width; x += wide) {
      const first = Math.floor((view.from + x * perPixel) / this.grid.step);
      const last = Math.max(first, Math.floor((view.from + (x + wide) * perPixel) / this.grid.step) - 1);
      if (first >= samples) break;
      for (let band = 0; band < count; band += 1) {
        let level = 0;
        for (let i = first; i <= Math.min(last, samples - 1); i += 1) level = Math.max(level, this.bands[i * count + band]);
        context.globalAlpha = (level / LEVELS) ** 2;
        context.fillRect(x, band * tall, wide + 0.5, tall);
      }
    }
    context.globalAlpha = 1;
  }

  whistleTip(time) {
    const near = this.nearest(this.whistles, time, this.timeline.axis);
    if (!near) return [`Whistle ${percent(curveMax(this.curves.whistle, this.grid, time, time))}`];
    const seconds = (near.end - near.start).toFixed(2);
    return [`Whistle at ${formatClock(near.start, 2)}`, `${seconds} s, ${near.pitch} Hz, ${percent(near.confidence)}`];
  }

  crowdTip(time) {
    const near = this.nearest(this.swells, time, this.timeline.axis);
    const loud = `Louder than usual ${percent(curveMax(this.curves.loud, this.grid, time, time))}`;
    return near ? [`Crowd rises by ${near.rise.toFixed(0)} dB, ${percent(near.confidence)}`, loud] : [loud];
  }

  bandTip(time, y) {
    const count = this.bandNames.length;
    const band = clamp(Math.floor((y / this.bandPlot.clientHeight) * count), 0, count - 1);
    return [this.bandNames[band]];
  }
}

function percent(value) {
  return value === null ? 'no score' : `${Math.round(100 * value)} %`;
}
