// The video: time, frame steps, speeds, and a message if the browser cannot play it.

const MAX_SPEED = 8;

class Player {
  /** `duration` seconds; `onTime(seconds)` is called whenever the shown time may have changed. */
  constructor(facts, duration, onTime) {
    this.facts = facts;
    this.duration = duration;
    this.onTime = onTime;
    this.video = document.getElementById('video');
    this.frame = 1 / (facts.fps > 0 ? facts.fps : 25);
    this.offset = 0;         // the browser's time of the first shown frame
    this.frameTime = null;   // time of the frame on screen, if the browser reports it
    this.target = null;      // target time of a seek in progress
    this.landed = null;      // target of the last seek, and the video's clock there
    this.usable = true;
    this.still = 0;          // the time shown when there is no usable video
    this.reverse = 0;        // speed of playing backwards, 0 if not
    this.listen();
    this.load();
  }

  load() {
    const video = this.video;
    video.removeAttribute('controls');
    const embedded = document.getElementById('video-data').textContent;
    if (embedded) {
      video.src = URL.createObjectURL(new Blob([bytesFromBase64(embedded)], { type: this.facts.mime }));
    } else {
      video.src = this.facts.src;
    }
  }

  listen() {
    const video = this.video;
    video.addEventListener('error', () => this.fail());
    video.addEventListener('loadedmetadata', () => { if (!video.videoWidth) this.fail(); });
    video.addEventListener('seeked', () => {
      if (video.seeking) return;  // a later seek is under way
      this.landed = { at: video.currentTime, time: this.target };
      this.target = null;
      this.notify();
    });
    for (const name of ['timeupdate', 'play', 'pause', 'ratechange', 'ended']) {
      video.addEventListener(name, () => this.notify());
    }
    video.addEventListener('click', () => this.toggle());
    if (video.requestVideoFrameCallback) this.watchFrames();
    const everyFrame = () => {
      if (!video.paused) this.notify();
      requestAnimationFrame(everyFrame);
    };
    requestAnimationFrame(everyFrame);
  }

  /** Keep track of the frame on screen; the first one gives the offset of the video in its file. */
  watchFrames() {
    let first = true;
    const onFrame = (_, frame) => {
      if (first && this.video.currentTime === 0) this.offset = frame.mediaTime;
      first = false;
      this.frameTime = frame.mediaTime - this.offset;
      this.notify();
      this.video.requestVideoFrameCallback(onFrame);
    };
    this.video.requestVideoFrameCallback(onFrame);
  }

  notify() {
    this.onTime(this.now());
  }

  /** Return seconds from the first shown frame: those of the frame on screen, or the target of a seek. */
  now() {
    if (!this.usable) return this.still;
    if (this.target !== null) return this.target;
    const time = Math.max(0, this.video.currentTime - this.offset);
    const into = this.frameTime === null ? -1 : (time - this.frameTime) / this.frame;
    const known = into > -0.1 && into < 1.05;  // otherwise the frame on screen is still the one before the seek
    if (known) return Math.max(0, this.frameTime);
    const landed = this.landed && this.landed.time !== null && this.landed.at === this.video.currentTime;
    return landed ? this.landed.time : time;
  }

  get paused() {
    return !this.reverse && (!this.usable || this.video.paused);
  }

  /** Show the frame at a time; seeks slightly later, because files round their times. */
  seek(seconds) {
    const time = clamp(seconds, 0, this.duration);
    if (this.usable) {
      this.target = time;
      this.video.currentTime = time + this.offset + Math.min(0.001, this.frame / 4);
    } else {
      this.still = time;
    }
    this.notify();
  }

  /** Move `count` frames from the frame on screen, landing a quarter into the target frame. */
  step(count) {
    this.pause();
    const from = this.now();
    if (from + count * this.frame < -this.frame / 2) return;
    this.seek(from + count * this.frame + this.frame / 4);
    this.target = this.usable ? clamp(from + count * this.frame, 0, this.duration) : null;
    if (!this.usable) this.still = clamp(from + count * this.frame, 0, this.duration);
    this.notify();
  }

  play(speed = 1) {
    this.reverse = 0;
    if (!this.usable) return;
    this.video.playbackRate = speed;
    this.video.play().catch((error) => { if (error.name === 'NotSupportedError') this.fail(); });
    this.notify();
  }

  pause() {
    this.reverse = 0;
    this.video.pause();
    this.video.playbackRate = 1;
    this.notify();
  }

  toggle() {
    if (this.paused) this.play(); else this.pause();
  }

  /** L: play; again: twice as fast. */
  forward() {
    const faster = !this.paused && !this.reverse ? Math.min(MAX_SPEED, this.video.playbackRate * 2) : 1;
    this.play(faster);
  }

  /** J: step backwards in real time; again: twice as fast. Browsers cannot play backwards, so this seeks. */
  backward() {
    const speed = this.reverse ? Math.min(MAX_SPEED, this.reverse * 2) : 1;
    this.pause();
    this.reverse = speed;
    this.notify();
    let time = this.now();
    let last = performance.now();
    const stepBack = (now) => {
      if (this.reverse !== speed) return;
      time -= ((now - last) / 1000) * speed;
      last = now;
      if (!this.usable || !this.video.seeking) this.seek(Math.max(0, time));
      if (time <= 0) this.reverse = 0;
      this.notify();
      requestAnimationFrame(stepBack);
    };
    requestAnimationFrame(stepBack);
  }

  get speed() {
    return this.reverse ? -this.reverse : this.video.playbackRate;
  }

  /** Report what is wrong with the video and what to do; the timeline continues without it. */
  fail() {
    if (!this.usable) return;
    this.usable = false;
    this.reverse = 0;
    const { name, codec, convert, converted } = this.facts;
    const box = document.getElementById('trouble');
    const kind = codec ? `, or the browser cannot decode its codec (${codec})` : ', or the browser cannot decode it';
    box.replaceChildren(
      element('strong', '', 'The video cannot be played here.'),
      element('p', '', `Either “${name}” has been moved relative to this page${kind}. `
        + 'The timeline works without it. Most browsers play H.264; this command makes such a copy:'),
      element('code', '', convert),
      element('p', '', `Then make a report of “${converted}”, or try another browser.`),
    );
    box.hidden = false;
    document.getElementById('screen').classList.add('no-video');
    this.notify();
  }
}
