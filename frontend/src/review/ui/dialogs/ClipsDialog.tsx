// Cut clips, or a reel, of the corrected events.

import { signal } from '@preact/signals';
import { finished } from '../../api/client';
import { messageOf } from '../../state/open';
import type { ClipsPost, Job } from '../../types';
import { useDesk } from '../context';
import { ClipsForm } from './ClipsForm';
import { Frame } from './Frame';

const job = signal<Job | null>(null);
const trouble = signal('');

export function ClipsDialog() {
  const desk = useDesk();
  const running = job.value?.state === 'running' || job.value?.state === 'queued';
  const start = async (wanted: ClipsPost): Promise<void> => {
    trouble.value = '';
    try {
      const done = await finished(await desk.api.clips(wanted), (now) => { job.value = now; });
      if (done.state !== 'done') trouble.value = done.text;
    } catch (error) {
      trouble.value = messageOf(error);
    }
  };
  return (
    <Frame title="Clips" name="clips">
      <ClipsForm busy={running} start={(wanted) => void start(wanted)} />
      {trouble.value && <p class="trouble-text" role="alert">{trouble.value}</p>}
      {job.value && <JobState job={job.value} />}
    </Frame>
  );
}

function JobState({ job: { state, progress, text, notes, files } }: { job: Job }) {
  return (
    <div class="result" role="status">
      {state !== 'done' && state !== 'failed' && <p><progress value={progress} max={1} aria-label="Progress of the clips" /> {Math.round(100 * progress)} % {text}</p>}
      {state === 'done' && <p>{text || 'Done.'}</p>}
      <ul>{notes.map((note) => <li key={note}>{note}</li>)}</ul>
      <ul class="files">
        {files.map((file) => <li key={file.url}>{file.folder && <span class="soft">{file.folder} / </span>}<a href={file.url} download={file.name}>{file.name}</a> <span class="soft">{(file.bytes / 1e6).toFixed(1)} MB</span></li>)}
      </ul>
    </div>
  );
}
