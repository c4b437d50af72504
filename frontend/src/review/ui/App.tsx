// The page: an open bundle, or why there is none.

import { useEffect } from 'preact/hooks';
import { desk, openSession, problem } from '../state/open';
import { DeskContext } from './context';
import { Workplace } from './Workplace';

export function App() {
  useEffect(() => { void openSession(); }, []);
  const opened = desk.value;
  if (!opened) {
    return (
      <main class="opening">
        <h1>touchline</h1>
        <p role={problem.value ? 'alert' : 'status'}>{problem.value || 'Opening …'}</p>
        {problem.value && <button type="button" class="primary" onClick={() => void openSession()}>Try again</button>}
      </main>
    );
  }
  return (
    <DeskContext.Provider value={opened}>
      {problem.value && <p class="banner bad" role="alert">{problem.value}</p>}
      <Workplace key={opened.api.id} />
    </DeskContext.Provider>
  );
}
