// The open dialog, if there is one.

import { dialog, type Dialog } from '../../state/dialogs';
import { ClipsDialog } from './ClipsDialog';
import { ExportDialog } from './ExportDialog';
import { GoToDialog } from './GoToDialog';
import { HelpDialog } from './HelpDialog';
import { LabelsDialog } from './LabelsDialog';
import { SetAsideDialog } from './SetAsideDialog';

const DIALOGS: Record<Dialog, () => preact.JSX.Element> = {
  help: HelpDialog, 'go-to': GoToDialog, export: ExportDialog, clips: ClipsDialog, labels: LabelsDialog, 'set-aside': SetAsideDialog,
};

export function Dialogs() {
  const Open = dialog.value && DIALOGS[dialog.value];
  return Open ? <Open /> : null;
}
