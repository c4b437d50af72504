// Why the video cannot be played, and what to do: a copy that the browser plays, with its progress.

import { useDesk } from '../ui/context';
import { makeProxy, proxyOf } from './proxy';

/** Return words as a sentence. */
function sentence(words: string): string {
  return words && `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? '' : '.'}`;
}

export function VideoTrouble() {
  const desk = useDesk();
  const { video } = desk.data;
  const { job, trouble, src } = proxyOf(desk);
  const running = job.value && (job.value.state === 'running' || job.value.state === 'queued') ? job.value : null;
  const why = sentence(video.why_not) || `The browser cannot decode ${video.codec || 'this file'}.`;
  return (
    <div class="trouble">
      <strong>The video cannot be played here.</strong>
      <p>{src.value ? 'The copy cannot be played either. Try another browser.' : why} The timeline works without it.</p>
      {running && (
        <p>
          <progress value={running.progress} max={1} aria-label="Progress of the copy" /> {Math.round(100 * running.progress)} % {running.text}
        </p>
      )}
      {trouble.value && <p role="alert">{trouble.value}</p>}
      {!running && !src.value && video.src && (
        <button type="button" class="primary" data-make-proxy onClick={() => void makeProxy(desk)}>Make a copy that plays here</button>
      )}
    </div>
  );
}
