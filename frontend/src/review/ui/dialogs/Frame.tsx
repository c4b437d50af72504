// The frame of a dialog: a title and a way out.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { dialog } from '../../state/dialogs';

export function closeDialog(): void {
  dialog.value = null;
}

export function Frame({ title, name, children }: { title: string; name: string; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {   // at once, so that the next key goes to the dialog
    const element = box.current!;
    element.showModal();
    return () => element.close();
  }, []);
  return (
    <dialog ref={box} aria-label={title} data-open={name} onClose={closeDialog} onClick={(event) => { if (event.target === box.current) closeDialog(); }}>
      <div class="dialog-body">
        <header class="row"><h2>{title}</h2><span class="grow" /><button type="button" class="square" aria-label="Close" onClick={closeDialog}>×</button></header>
        {children}
      </div>
    </dialog>
  );
}
