// The video with everything above it: boxes, radar, messages; and the controls below.

import { useEffect, useRef } from 'preact/hooks';
import { useDesk } from '../ui/context';
import { Overlay } from './Overlay';
import { Radar } from './Radar';
import { Transport } from './Transport';
import { VideoTrouble } from './VideoTrouble';
import { proxyOf } from './proxy';

export function Stage() {
  const desk = useDesk();
  const { playback, data } = desk;
  const video = useRef<HTMLVideoElement>(null);
  const proxy = proxyOf(desk);
  const src = proxy.src.value ?? (data.video.playable === 'no' ? null : data.video.src);
  useEffect(() => {
    if (video.current) playback.attach(video.current, src ?? '', proxy.src.value ? 0 : data.video.src_start_us / 1e6);
  }, [playback, src]);
  useEffect(() => () => playback.close(), [playback]);
  const shown = src !== null && playback.usable.value;
  return (
    <section class="stage card" aria-label="Video">
      <div class={shown ? 'screen' : 'screen no-video'} data-frame={playback.frame.value ?? ''} data-time-us={playback.timeUs}>
        <video ref={video} preload="auto" playsInline aria-label={`Video ${data.video.name}`} />
        <Overlay video={video} />
        <Radar />
        {proxy.src.value && <span class="proxy-mark" title="The browser cannot play the video itself; this copy has the same frames at the same times">Copy for the browser (proxy)</span>}
        {!shown && <VideoTrouble />}
        {desk.picking.value && <PickHint />}
      </div>
      <Transport />
    </section>
  );
}

function PickHint() {
  const { picking } = useDesk();
  return (
    <p class="pick-hint" role="status">
      {picking.value === 'point' ? 'Click where it happened' : 'Pick the same player elsewhere'} <button type="button" onClick={() => { picking.value = null; }}>Cancel <kbd>Esc</kbd></button>
    </p>
  );
}
