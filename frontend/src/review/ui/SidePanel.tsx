// The panel at the side: events to review, classes with thresholds, players, comparison.

import type { Tab } from '../state/desk';
import { useDesk } from './context';
import { ClassesPanel } from './classes/ClassesPanel';
import { ComparePanel } from './compare/ComparePanel';
import { EventsPanel } from './events/EventsPanel';
import { KeepersPanel } from './keepers/KeepersPanel';
import { PlayersPanel } from './players/PlayersPanel';

const PANELS = { events: EventsPanel, classes: ClassesPanel, players: PlayersPanel, keepers: KeepersPanel, compare: ComparePanel };
const NAMES: Record<Tab, string> = { events: 'Review', classes: 'Thresholds', players: 'Players', keepers: 'Keepers', compare: 'Compare' };

export function SidePanel() {
  const desk = useDesk();
  const tabs: Tab[] = ['events', 'classes', 'players'];
  if (desk.keepers.moments.value.length) tabs.push('keepers');
  if (desk.data.versions.length) tabs.push('compare');
  const now = desk.tab.value;
  const Panel = PANELS[now];
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    desk.tab.value = tabs[(tabs.indexOf(now) + step + tabs.length) % tabs.length];
    document.getElementById(`tab-${desk.tab.value}`)?.focus();
  };
  return (
    <section class="side card" aria-label="Review">
      <div class="tabs" role="tablist" aria-label="What to work on" onKeyDown={move}>
        {tabs.map((tab) => (
          <button
            type="button" role="tab" id={`tab-${tab}`} key={tab} aria-selected={tab === now} aria-controls="panel"
            tabIndex={tab === now ? 0 : -1} onClick={() => { desk.tab.value = tab; }}
          >
            {NAMES[tab]}
          </button>
        ))}
      </div>
      <div class="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${now}`}><Panel /></div>
    </section>
  );
}
