// The classes as buttons with their keys: add an event here, or give the selected event another class.

import { adds, chooseClass } from '../commands/edit';
import { isDark } from '../state/settings';
import { clockOf } from '../state/words';
import { useDesk } from './context';

export function ClassButtons() {
  const desk = useDesk();
  const selected = desk.selected.value;
  const span = desk.openSpan.value;
  const adding = span !== null || !selected || adds(desk);
  return (
    <section class="classes card" aria-label="Classes">
      <p class="classes-mode">
        {span ? `Class of the span from ${clockOf(span.start, 1)}` : adding ? 'Add at the shown frame' : <>Change to … <small>⇧ adds</small></>}
      </p>
      <div class="class-buttons">
        {desk.labels.value.map((label) => (
          <button
            type="button" key={label.name} class="class-button" style={{ '--lane': label.colours[isDark.value ? 1 : 0] }}
            aria-pressed={!adding && selected?.label === label.name} data-label={label.name}
            onClick={(event) => chooseClass(desk, label.name, event.shiftKey)}
          >
            <span class="dot" /><bdi>{label.name}</bdi>{label.key && <kbd aria-hidden="true">{label.key}</kbd>}
          </button>
        ))}
      </div>
    </section>
  );
}
