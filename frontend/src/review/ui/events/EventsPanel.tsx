// The list to work through, and the selected event below it.

import { EventEditor } from './EventEditor';
import { EventList } from './EventList';
import { FilterBar } from './FilterBar';

export function EventsPanel() {
  return (
    <div class="events-panel">
      <FilterBar />
      <EventList />
      <EventEditor />
    </div>
  );
}
