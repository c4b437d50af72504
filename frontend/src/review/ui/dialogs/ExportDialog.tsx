// Export the corrected events for other tools; what the format cannot hold is shown.

import { useState } from 'preact/hooks';
import { messageOf } from '../../state/open';
import type { ExportAnswer } from '../../types';
import { useDesk } from '../context';
import { Frame } from './Frame';

export function ExportDialog() {
  const desk = useDesk();
  const formats = desk.session.exports;
  const [result, setResult] = useState<ExportAnswer | null>(null);
  const [trouble, setTrouble] = useState('');
  const [busy, setBusy] = useState(false);
  const start = async (event: Event): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    [setResult(null), setTrouble(''), setBusy(true)];
    try {
      setResult(await desk.api.export({ to: String(form.get('to')), reviewed: form.get('reviewed') !== null }));
    } catch (error) {
      setTrouble(messageOf(error));
    }
    setBusy(false);
  };
  return (
    <Frame title="Export" name="export">
      <form class="form" onSubmit={(event) => void start(event)}>
        <label class="field"><span>Format</span><select name="to">{formats.map((format) => <option key={format.name} value={format.name}>{format.title}</option>)}</select></label>
        <label class="check"><input type="checkbox" name="reviewed" /> only accepted events</label>
        <p class="soft">Otherwise also events that nobody has reviewed, at or above the thresholds. Rejected ones never.</p>
        {desk.saving.waiting.value > 0 && <p class="trouble-text">Some changes are not saved yet and would be missing.</p>}
        <button type="submit" class="primary" disabled={busy}>{busy ? 'Writing …' : 'Write the file'}</button>
      </form>
      {trouble && <p class="trouble-text" role="alert">{trouble}</p>}
      {result && (
        <div class="result" role="status">
          <a class="download" href={result.url} download={result.name}>Download {result.name}</a>
          <p>{result.notes.length ? 'This format cannot hold everything:' : 'Nothing was lost.'}</p>
          <ul>{result.notes.map((note) => <li key={note}>{note}</li>)}</ul>
        </div>
      )}
    </Frame>
  );
}
