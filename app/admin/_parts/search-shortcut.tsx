'use client';

import { useEffect } from 'react';

/** `/` leads to the page's search field, unless something is being typed or a dialog is open. */
export function SearchShortcut({ field }: { field: string }) {
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
      const at = event.target;
      if (at instanceof HTMLElement && at.closest('input, textarea, select, [contenteditable], [role$="dialog"]'))
        return;
      event.preventDefault();
      document.getElementById(field)?.focus();
    };
    document.addEventListener('keydown', jump);
    return () => document.removeEventListener('keydown', jump);
  }, [field]);
  return null;
}
