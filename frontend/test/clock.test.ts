import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListClock, RateClock } from '../src/shared/clock';

const MS = 1000;
/** Frames at 0, 40, 80, 200, 240 ms: one is shown for three times as long. */
const clock = new ListClock(Float64Array.of(0, 40 * MS, 80 * MS, 200 * MS, 240 * MS), 280 * MS);
const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);

test('with a list, a seek goes to the middle of the frame that is shown then', () => {
  const landing = clock.landing(0.150);
  near(landing.shown, 0.080);
  near(landing.set, 0.140);
  near(clock.landing(99).shown, 0.240);
  near(clock.landing(99).set, 0.260);
});

test('with a list, a step is to the next frame, however long the frames are', () => {
  near(clock.step(0.080, 1)!.shown, 0.200);
  near(clock.step(0.200, -1)!.shown, 0.080);
  near(clock.step(0.200, -99)!.shown, 0);
  near(clock.step(0.240, 1)!.shown, 0.240);
  assert.equal(clock.step(0, -1), null);
});

test('with a list, frame numbers come from the list', () => {
  assert.deepEqual([0, 0.0399, 0.04, 0.199, 0.2, 5].map((time) => clock.frameNumber(time)), [0, 0, 1, 2, 3, 4]);
  near(clock.startOf(3), 0.2);
  near(clock.lengthAt(0.1), 0.12);
});

test('a media time that a browser rounded belongs to the nearest frame', () => {
  near(clock.settle(0.0396), 0.040);
  near(clock.settle(0.0803), 0.080);
  near(clock.settle(0.199), 0.200);
  assert.equal(clock.frameNumber(clock.settle(0.1999)), 3);
});

test('a frame holds until the next one begins', () => {
  assert.ok(clock.holds(0.08, 0.19));
  assert.ok(!clock.holds(0.08, 0.25));
  assert.ok(!clock.holds(0.04, 0.15));
});

test('a list of one frame, and none', () => {
  const one = new ListClock(Float64Array.of(0), 0);
  near(one.landing(3).shown, 0);
  assert.equal(one.frameNumber(3), 0);
  assert.throws(() => new ListClock(new Float64Array(), 0), /empty/);
});

test('every frame of an irregular list is reached by number and by step', () => {
  const times = Float64Array.from({ length: 500 }, (_, k) => Math.round(k * 33_366.7 + 4000 * Math.sin(k)));
  const irregular = new ListClock(times.map((time) => time - times[0]), times[499] + 33_000);
  let at = 0;
  for (let frame = 0; frame < 499; frame += 1) {
    assert.equal(irregular.frameNumber(at), frame);
    const { shown, set } = irregular.step(at, 1)!;
    assert.equal(irregular.frameNumber(set), frame + 1);
    at = shown;
  }
});

test('with a rate alone, steps are that long and land inside the frame', () => {
  const rate = new RateClock(25, 10);
  near(rate.step(1, 1)!.shown, 1.04);
  assert.ok(rate.step(1, 1)!.set > 1.04 && rate.step(1, 1)!.set < 1.08);
  assert.equal(rate.frameNumber(1.04), 26);
  assert.equal(rate.step(0, -1), null);
  assert.equal(new RateClock(0, 10).frameNumber(1), null);
});
