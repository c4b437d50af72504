// People over the video: boxes and ids on a canvas above it, and a radar at its lower edge. Nothing is drawn into frames.

const RADAR_SHARE = 0.27;
const RADAR_MARGIN_M = 4;
const HIT_PX = 4;

/** Draw the pitch's lines from above on a canvas; the caller adds dots or heat. `fit` converts metres to pixels. */
function pitchFit(pitch, width, height, margin) {
  const scale = Math.min(width / (pitch.length_m + 2 * margin), height / (pitch.width_m + 2 * margin));
  return { scale, x: (metres) => width / 2 + metres * scale, y: (metres) => height / 2 - metres * scale };
}

function drawPitch(context, pitch, fit, colour) {
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 1;
  context.lineJoin = 'round';
  for (const line of pitch.lines) {
    context.beginPath();
    for (let i = 0; i < line.length; i += 2) context.lineTo(fit.x(line[i]), fit.y(line[i + 1]));
    context.stroke();
  }
  for (let i = 0; i < pitch.spots.length; i += 2) {
    context.beginPath();
    context.arc(fit.x(pitch.spots[i]), fit.y(pitch.spots[i + 1]), 1, 0, 7);
    context.fill();
  }
}

class PeopleView {
  /** `actions.select(track or null)` is called on a click on a person. */
  constructor(store, actions) {
    this.store = store;
    this.actions = actions;
    this.video = document.getElementById('video');
    this.screen = document.getElementById('screen');
    this.canvas = document.getElementById('people');
    this.radar = document.getElementById('radar');
    this.time = 0;
    this.selected = null;
    this.sights = [];
    this.show = { boxes: true, ids: true, radar: store.placed };
    this.canvas.hidden = false;
    this.wire();
  }

  wire() {
    const buttons = { boxes: 'show-boxes', ids: 'show-ids', radar: 'show-radar' };
    document.getElementById('people-tools').hidden = false;
    for (const [what, id] of Object.entries(buttons)) {
      const button = document.getElementById(id);
      button.hidden = what === 'radar' && !this.store.placed;
      button.addEventListener('click', () => this.toggle(what));
    }
    this.buttons = buttons;
    this.screen.addEventListener('click', (event) => this.onClick(event), true);
    this.screen.addEventListener('pointermove', (event) => {
      this.screen.classList.toggle('on-person', Boolean(this.hit(event)));
    });
    new ResizeObserver(() => this.draw()).observe(this.video);
    this.markButtons();
  }

  toggle(what) {
    if (what === 'radar' && !this.store.placed) return;
    this.show[what] = !this.show[what];
    this.markButtons();
    this.draw();
  }

  markButtons() {
    for (const [what, id] of Object.entries(this.buttons)) {
      document.getElementById(id).setAttribute('aria-pressed', String(this.show[what]));
    }
  }

  setTime(time) {
    if (time === this.time && this.drawn) return;
    this.time = time;
    this.draw();
  }

  /** Return the picture's place in the video element: its left and top, and the size of a picture pixel, in CSS pixels. */
  frame() {
    const { clientWidth, clientHeight, offsetLeft, offsetTop } = this.video;
    const scale = Math.min(clientWidth / this.store.width, clientHeight / this.store.height);
    return {
      scale, left: offsetLeft + (clientWidth - scale * this.store.width) / 2,
      top: offsetTop + (clientHeight - scale * this.store.height) / 2,
    };
  }

  /** Return the person under the pointer; of several, the one nearest to the camera. */
  hit(event) {
    if (!this.show.boxes || this.canvas.hidden || event.target.closest('.trouble')) return null;
    const box = this.screen.getBoundingClientRect();
    const frame = this.frame();
    const x = (event.clientX - box.left - frame.left) / frame.scale;
    const y = (event.clientY - box.top - frame.top) / frame.scale;
    const reach = HIT_PX / frame.scale;
    const inside = (s) => x > s.x - reach && x < s.x + s.width + reach && y > s.y - reach && y < s.y + s.height + reach;
    const hits = this.sights.filter((sight) => sight.track.label !== BALL && inside(sight));
    return hits.sort((a, b) => b.y + b.height - a.y - a.height)[0] || null;
  }

  onClick(event) {
    const hit = this.hit(event);
    if (!hit) return;
    event.stopPropagation();
    this.actions.select(hit.track === this.selected ? null : hit.track);
  }

  draw() {
    this.drawn = true;
    this.sights = this.store.at(this.time);
    this.dim = this.sights.some((sight) => sight.track === this.selected);
    this.sights.sort((a, b) => a.y + a.height - b.y - b.height);
    const { context } = preparedCanvas(this.canvas);
    const frame = this.frame();
    if (this.show.boxes && !this.screen.classList.contains('no-video')) {
      context.save();
      context.beginPath();
      context.rect(frame.left, frame.top, this.store.width * frame.scale, this.store.height * frame.scale);
      context.clip();
      for (const sight of this.sights) if (sight.track.label !== BALL) this.drawBox(context, sight, frame);
      if (this.show.ids) for (const sight of this.sights) if (sight.track.label !== BALL) this.drawId(context, sight, frame);
      for (const sight of this.sights) if (sight.track.label === BALL) this.drawBall(context, sight, frame);
      context.restore();
    }
    this.drawRadar(frame);
  }

  drawBox(context, sight, frame) {
    const x = frame.left + sight.x * frame.scale;
    const y = frame.top + sight.y * frame.scale;
    const width = sight.width * frame.scale;
    const height = sight.height * frame.scale;
    const chosen = sight.track === this.selected;
    context.globalAlpha = this.dim && !chosen ? 0.55 : 1;
    context.strokeStyle = sight.track.colour;
    context.lineWidth = chosen ? 3 : 1.5;
    if (chosen) {
      context.fillStyle = sight.track.colour;
      context.globalAlpha = 0.25;
      context.fillRect(x, y, width, height);
      context.globalAlpha = 1;
    }
    context.beginPath();
    if (sight.observed) {
      context.rect(x, y, width, height);
    } else {
      const reach = Math.max(2, Math.min(width, height) / 3);
      for (const [cx, dx] of [[x, reach], [x + width, -reach]]) {
        for (const [cy, dy] of [[y, reach], [y + height, -reach]]) {
          context.moveTo(cx + dx, cy);
          context.lineTo(cx, cy);
          context.lineTo(cx, cy + dy);
        }
      }
    }
    context.stroke();
    context.globalAlpha = 1;
  }

  drawId(context, sight, frame) {
    const chosen = sight.track === this.selected;
    const size = clamp(frame.scale * this.store.height / 36, 9, 15);
    context.font = `600 ${chosen ? size + 2 : size}px ui-sans-serif, system-ui, sans-serif`;
    context.textBaseline = 'middle';
    context.globalAlpha = this.dim && !chosen ? 0.6 : 1;
    const doing = this.store.doing(sight.track, this.time);
    const words = [...doing.action, ...(chosen ? doing.movement : []), ...(doing.ball.length ? [chosen ? 'on the ball' : '●'] : [])];
    const text = [sight.track.title.slice(0, 24), ...words].join(' ');
    const width = context.measureText(text).width + 6;
    const height = (chosen ? size + 2 : size) + 3;
    const left = frame.left + (sight.x + sight.width / 2) * frame.scale - width / 2;
    const top = Math.max(frame.top, frame.top + sight.y * frame.scale - height - 2);
    context.fillStyle = sight.track.colour;
    context.beginPath();
    context.roundRect(left, top, width, height, 3);
    context.fill();
    context.fillStyle = isLight(sight.track.colour) ? '#0c121a' : '#ffffff';
    context.fillText(text, left + 3, top + height / 2 + 0.5);
    context.globalAlpha = 1;
  }

  drawBall(context, sight, frame) {
    const x = frame.left + (sight.x + sight.width / 2) * frame.scale;
    const y = frame.top + (sight.y + sight.height / 2) * frame.scale;
    const radius = Math.max(5, 0.75 * Math.max(sight.width, sight.height) * frame.scale);
    const tip = y - radius - 3;
    for (const [colour, width] of [['#0c121a', 4], [this.store.colours.ball, 1.75]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(x, y, radius, 0, 7);
      context.stroke();
      context.beginPath();
      context.moveTo(x, tip);
      context.lineTo(x - 6, tip - 9);
      context.lineTo(x + 6, tip - 9);
      context.closePath();
      context.stroke();
    }
    context.fillStyle = this.store.colours.ball;
    if (sight.observed) context.fill();
  }

  drawRadar(frame) {
    const placed = this.sights.filter((sight) => sight.place);
    this.radar.hidden = !this.show.radar || !placed.length || this.screen.classList.contains('no-video');
    if (this.radar.hidden) return;
    const { pitch } = this.store;
    const width = clamp(RADAR_SHARE * this.store.width * frame.scale, 110, 420);
    const height = (width * (pitch.width_m + 2 * RADAR_MARGIN_M)) / (pitch.length_m + 2 * RADAR_MARGIN_M);
    const style = this.radar.style;
    style.setProperty('width', `${Math.round(width)}px`);
    style.setProperty('height', `${Math.round(height)}px`);
    style.setProperty('bottom', `${Math.max(4, this.screen.clientHeight - frame.top - this.store.height * frame.scale + 4)}px`);
    const { context } = preparedCanvas(this.radar);
    const fit = pitchFit(pitch, width, height, RADAR_MARGIN_M);
    drawPitch(context, pitch, fit, 'rgb(220 235 224 / 75%)');
    placed.sort((a, b) => (a.track.label === BALL) - (b.track.label === BALL));
    for (const sight of placed) this.drawDot(context, sight, fit, width);
  }

  drawDot(context, sight, fit, width) {
    const { pitch } = this.store;
    const reach = (length) => length / 2 + RADAR_MARGIN_M - 1;
    const x = fit.x(clamp(sight.place[0], -reach(pitch.length_m), reach(pitch.length_m)));
    const y = fit.y(clamp(sight.place[1], -reach(pitch.width_m), reach(pitch.width_m)));
    const chosen = sight.track === this.selected;
    context.beginPath();
    context.arc(x, y, (sight.track.label === BALL ? 0.009 : 0.0125) * width * (chosen ? 1.5 : 1) + 0.6, 0, 7);
    context.fillStyle = sight.track.colour;
    context.fill();
    context.lineWidth = chosen ? 2 : 1;
    context.strokeStyle = chosen ? '#ffffff' : '#0c121a';
    context.stroke();
  }
}

/** Return whether dark text reads better on a colour "#rrggbb". */
function isLight(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 145;
}
