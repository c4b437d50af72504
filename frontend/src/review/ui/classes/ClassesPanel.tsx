// Thresholds of the classes: what they let through, and how good that is.

import { useDesk } from '../context';
import { ENOUGH_REVIEWED } from '../../model/measure';
import { ClassCard } from './ClassCard';

export function ClassesPanel() {
  const desk = useDesk();
  const truth = desk.version.value?.kind === 'truth';
  return (
    <div class="scroll-panel">
      <p class="soft">
        An event counts from its class’s threshold on, or once it is accepted. {truth
          ? 'Precision and recall are measured against the known events.'
          : `Precision and recall appear after ${ENOUGH_REVIEWED} reviewed events of a class. The list shows the hardest ones first, so they start lower than the whole video deserves.`}
      </p>
      {desk.labels.value.map((label) => <ClassCard key={label.name} label={label} />)}
    </div>
  );
}
