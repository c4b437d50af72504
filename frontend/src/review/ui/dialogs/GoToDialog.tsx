// Go to a frame or a time.

import { useState } from 'preact/hooks';
import { parseTarget } from '../../model/goto';
import { useDesk } from '../context';
import { closeDialog, Frame } from './Frame';

export function GoToDialog() {
  const { playback } = useDesk();
  const [trouble, setTrouble] = useState('');
  const go = (event: Event): void => {
    event.preventDefault();
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('target') ?? '');
    const target = parseTarget(text);
    if (!target) {
      setTrouble(`“${text}” is neither a frame (1234) nor a time (1:02.5 or 62.5)`);
      return;
    }
    playback.loop.value = null;
    if ('frame' in target) playback.player?.seekFrame(target.frame); else playback.seek(target.seconds);
    closeDialog();
  };
  return (
    <Frame title="Go to" name="go-to">
      <form class="row" onSubmit={go}>
        <input name="target" type="text" aria-label="Frame or time" placeholder={`frame ${playback.frame.value ?? 0}, or a time as 1:02.5`} autoFocus autoComplete="off" />
        <button type="submit" class="primary">Go</button>
      </form>
      {trouble && <p class="trouble-text" role="alert">{trouble}</p>}
    </Frame>
  );
}
