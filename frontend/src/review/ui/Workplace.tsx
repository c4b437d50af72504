// The open bundle on one screen: classes, video and list above, the timeline below.

import { useEffect } from 'preact/hooks';
import { onKey } from '../commands/run';
import { Stage } from '../picture/Stage';
import { timelineHeight } from '../state/settings';
import { Timeline } from '../timeline/Timeline';
import { Announcer } from './Announcer';
import { Banners } from './Banners';
import { ClassButtons } from './ClassButtons';
import { useDesk } from './context';
import { Dialogs } from './dialogs/Dialogs';
import { keysAreTaken } from './focus';
import { SidePanel } from './SidePanel';
import { Splitter } from './Splitter';
import { TopBar } from './TopBar';

export function Workplace() {
  const desk = useDesk();
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (keysAreTaken(event) || !onKey(desk, event)) return;
      event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener('keydown', listen, true);
    return () => document.removeEventListener('keydown', listen, true);
  }, [desk]);
  useEffect(() => {
    document.title = `${desk.saving.waiting.value ? '* ' : ''}${desk.data.title} – touchline review`;
  }, [desk, desk.saving.waiting.value]);
  return (
    <div class="workplace" style={{ '--timeline': `${timelineHeight.value}px` }}>
      <TopBar />
      <Banners />
      <main class="desk">
        <div class="upper">
          <ClassButtons />
          <Stage />
          <SidePanel />
        </div>
        <Splitter />
        <Timeline />
      </main>
      <Dialogs />
      <Announcer />
    </div>
  );
}
