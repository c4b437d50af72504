// The controls below the video: play, steps, speed, where it stands.

import { formatClock } from '../../shared/format';
import { dialog } from '../state/dialogs';
import { showBoxes, showNames, showRadar } from '../state/settings';
import { ActionButton } from '../ui/ActionButton';
import { useDesk } from '../ui/context';
import { releaseFocus } from '../ui/focus';
import { Icon } from '../ui/Icon';

const SPEEDS = [0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 8];

export function Transport() {
  const desk = useDesk();
  const { playback } = desk;
  const playing = !playback.paused.value;
  return (
    <div class="transport" role="group" aria-label="Controls of the video">
      <ActionButton action="play" quiet class="square primary"><Icon name={playing ? 'pause' : 'play'} /></ActionButton>
      <ActionButton action="frame-back" quiet class="square"><Icon name="back" /></ActionButton>
      <ActionButton action="frame-on" quiet class="square"><Icon name="on" /></ActionButton>
      <ActionButton action="loop" quiet class="square" pressed={playback.loop.value !== null}><Icon name="loop" /></ActionButton>
      <Where />
      <Speed />
      <span class="grow" />
      {desk.people.store.value && (
        <>
          <ActionButton action="overlay" quiet pressed={showBoxes.value}>Boxes</ActionButton>
          <button type="button" aria-pressed={showNames.value} onClick={() => { showNames.value = !showNames.value; }}>Names</button>
          {desk.people.store.value.placed && <ActionButton action="radar" quiet pressed={showRadar.value}>Radar</ActionButton>}
        </>
      )}
      {desk.data.video.has_audio && <ActionButton action="mute" quiet class="square" pressed={playback.muted.value}><Icon name={playback.muted.value ? 'mute' : 'sound'} /></ActionButton>}
    </div>
  );
}

function Where() {
  const { playback } = useDesk();
  const counting = playback.frames.value === null;
  const trouble = playback.framesTrouble.value;
  const note = trouble || (counting ? 'The frames are being counted; until then numbers follow the average rate' : 'Go to a frame or a time (F)');
  return (
    <button type="button" class="where" title={note} onClick={() => { dialog.value = 'go-to'; }}>
      <span class="clock">{formatClock(playback.time.value)}</span>
      <span class="soft">frame {counting ? '≈ ' : ''}{playback.frame.value ?? '?'}</span>
    </button>
  );
}

function Speed() {
  const { playback } = useDesk();
  const now = playback.speed.value;
  const speeds = SPEEDS.includes(Math.abs(now)) ? SPEEDS : [...SPEEDS, Math.abs(now)].sort((a, b) => a - b);
  const change = (event: Event): void => {
    playback.setSpeed(Number((event.currentTarget as HTMLSelectElement).value));
    releaseFocus(event);
  };
  return (
    <select aria-label="Speed" title="Speed (, slower . faster)" value={Math.abs(now)} onChange={change}>
      {speeds.map((speed) => <option key={speed} value={speed}>{now < 0 && speed === -now ? '−' : ''}{speed}×</option>)}
    </select>
  );
}
