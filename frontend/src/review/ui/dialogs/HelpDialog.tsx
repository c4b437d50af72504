// All keys.

import { KEYS, shownChord } from '../../model/keymap';
import { useDesk } from '../context';
import { Frame } from './Frame';

const GROUPS = ['Review', 'Edit', 'Play', 'Step', 'Timeline', 'Players', 'Window'] as const;

export function HelpDialog() {
  const desk = useDesk();
  return (
    <Frame title="Keys" name="help">
      <div class="key-columns">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl class="keys">
              {KEYS.filter((info) => info.group === group).map((info) => (
                <div key={info.action}><dt>{info.keys.map((chord) => <kbd key={chord}>{shownChord(chord)}</kbd>)}</dt><dd>{info.title}</dd></div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>Classes</h3>
          <dl class="keys">
            {desk.labels.value.filter((label) => label.key).map((label) => <div key={label.name}><dt><kbd>{label.key}</kbd></dt><dd><bdi>{label.name}</bdi></dd></div>)}
          </dl>
          <p class="soft">While the video plays, or when no event is selected, a class key adds an event at the shown frame. With an event selected it changes its class; with ⇧ it always adds.</p>
        </section>
      </div>
    </Frame>
  );
}
