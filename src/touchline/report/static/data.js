// The data of the page: reading it, and small helpers that draw nothing.

const US = 1e6;
const NO_SCORE = 255;
const LEVELS = 254;
const TRUTH_TOLERANCE_S = 1;

// [light, dark] per lane, distinguishable for most colour-blind readers.
const PALETTE = [
  ['#0068b5', '#4ba8f5'], ['#cf4f00', '#ff8a4a'], ['#00875f', '#34c99a'], ['#b4418e', '#ee8acb'],
  ['#9a6b00', '#f0b93a'], ['#6b4fc0', '#a996ff'], ['#007f8f', '#3cc8da'], ['#b3263d', '#ff7a8a'],
  ['#5c7a00', '#b3d34a'], ['#7d5a3c', '#d0a681'], ['#4a5b6e', '#a9bccf'], ['#a0109a', '#f47cf0'],
];

function bytesFromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Read the JSON block; times become seconds and curves bytes. */
function readData() {
  const raw = JSON.parse(document.getElementById('data').textContent);
  const event = ([lane, start, end, confidence, team, player, half, visible, source], index) => ({
    index, lane, label: raw.lanes[lane].label, startUs: start, endUs: end, start: start / US,
    end: end === null ? null : end / US, confidence, team, player, half, visible, source,
  });
  return {
    title: raw.title,
    video: raw.video,
    duration: raw.duration_us / US,
    curve: { start: raw.curve.start_us / US, step: raw.curve.step_us / US },
    lanes: raw.lanes.map((lane, index) => ({
      label: lane.label, index, threshold: lane.threshold, on: true,
      colours: PALETTE[index % PALETTE.length], curve: lane.curve ? bytesFromBase64(lane.curve) : null,
    })),
    events: raw.events.map(event),
    truth: raw.truth ? raw.truth.map(event) : null,
    tracks: raw.tracks,
    sound: raw.sound,
    gaps: raw.gaps.map(([start, end, reason]) => ({ start: start / US, end: end / US, reason })),
  };
}

/** Format "1:02:03.500"; the last digit is rounded down, so a frame never shows a later time than its own. */
function formatClock(seconds, decimals = 3) {
  const scale = 10 ** decimals;
  const ticks = Math.floor(Math.max(0, seconds) * scale + 1e-4);
  const whole = Math.floor(ticks / scale);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const head = hours ? `${hours}:${String(minutes).padStart(2, '0')}` : `${minutes}`;
  const tail = decimals ? `.${String(ticks % scale).padStart(decimals, '0')}` : '';
  return `${head}:${String(whole % 60).padStart(2, '0')}${tail}`;
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** Return the largest confidence of a lane between two times, or null if there is none. */
function curveMax(lane, curve, from, to) {
  if (!lane.curve || !lane.curve.length) return null;
  const first = Math.max(0, Math.ceil((from - curve.start) / curve.step - 0.5));
  const last = Math.min(lane.curve.length - 1, Math.floor((to - curve.start) / curve.step + 0.5));
  let best = -1;
  for (let i = first; i <= last; i += 1) if (lane.curve[i] !== NO_SCORE && lane.curve[i] > best) best = lane.curve[i];
  return best < 0 ? null : best / LEVELS;
}

/** Return the index of the first event at or after a time, in a list ordered by time. */
function lowerBound(events, time) {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].start < time) low = middle + 1; else high = middle;
  }
  return low;
}

/** Match found with known events of one lane, each at most once, nearest first; return the number of matches. */
function matchCount(found, known) {
  const pairs = [];
  found.forEach((event, i) => {
    for (let k = lowerBound(known, event.start - TRUTH_TOLERANCE_S); k < known.length; k += 1) {
      const distance = Math.abs(known[k].start - event.start);
      if (known[k].start > event.start + TRUTH_TOLERANCE_S) break;
      pairs.push([distance, i, k]);
    }
  });
  pairs.sort((a, b) => a[0] - b[0]);
  const usedFound = new Set();
  const usedKnown = new Set();
  for (const [, i, k] of pairs) {
    if (usedFound.has(i) || usedKnown.has(k)) continue;
    usedFound.add(i);
    usedKnown.add(k);
  }
  return usedFound.size;
}

/** Format a CSV cell; text that a spreadsheet would run as a formula is prefixed with a quote. */
function csvCell(value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function eventsAsCsv(events) {
  const head = ['time_s', 'clock', 'end_s', 'label', 'confidence', 'team', 'player', 'half', 'visible', 'source'];
  const rows = events.map((e) => [
    e.start, formatClock(e.start), e.end, e.label, e.confidence, e.team, e.player, e.half, e.visible, e.source,
  ]);
  return [head, ...rows].map((row) => row.map(csvCell).join(',')).join('\r\n') + '\r\n';
}

function eventsAsJson(data, events) {
  const thresholds = Object.fromEntries(data.lanes.map((lane) => [lane.label, lane.threshold]));
  const rows = events.map((e) => ({
    label: e.label, start_us: e.startUs, end_us: e.endUs, confidence: e.confidence, team: e.team,
    player: e.player, half: e.half, visible: e.visible, source: e.source,
  }));
  return JSON.stringify({ version: 1, video: data.video.name, thresholds, events: rows }, null, 1) + '\n';
}

function element(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
