'use client';

import { Dialog } from '@base-ui/react/dialog';
import { useState } from 'react';
import { Menu, X } from '#app/_ui/icons';
import { SectionLinks } from './section-links.tsx';
import type { SectionCounts } from './sections.ts';

/** The sidebar of narrow screens. */
export function Drawer({ counts, children }: { counts: SectionCounts; children: React.ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger aria-label="Open the menu" className="btn btn-quiet btn-small -ml-2 px-2 md:hidden">
        <Menu aria-hidden="true" className="size-5" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-shade transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Dialog.Popup className="fixed inset-y-0 left-0 z-50 flex w-60 flex-col gap-4 bg-surface p-4 shadow-high transition-transform data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
          <div className="flex items-center justify-between">
            <Dialog.Title className="text-section font-semibold">Admin</Dialog.Title>
            <Dialog.Close aria-label="Close the menu" className="btn btn-quiet btn-small px-2">
              <X aria-hidden="true" className="size-5" />
            </Dialog.Close>
          </div>
          <nav aria-label="Admin sections" className="flex-1">
            <SectionLinks counts={counts} onFollow={() => setOpen(false)} />
          </nav>
          {children}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
