'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

const typing = 'input, textarea, select, [contenteditable], [role$="dialog"]';

/** `/`, and Ctrl-K or ⌘K also while something is being typed; never while a dialog is open. */
function isShortcut(event: KeyboardEvent): boolean {
  const at = event.target instanceof HTMLElement ? event.target : null;
  if (event.altKey || event.shiftKey || at?.closest('[role$="dialog"]')) return false;
  if (event.ctrlKey || event.metaKey) return event.key === 'k';
  return event.key === '/' && !at?.closest(typing);
}

/** Leads to the search of every page; where it has no room for its field, to the page of the search. */
export function SearchShortcut() {
  const router = useRouter();
  useEffect(() => {
    const jump = (event: KeyboardEvent) => {
      if (!isShortcut(event)) return;
      event.preventDefault();
      const fields = document.querySelectorAll<HTMLInputElement>('input[data-global-search]');
      const field = [...fields].findLast((one) => one.checkVisibility());
      if (!field) return router.push('/admin/search');
      field.focus();
      field.select();
    };
    document.addEventListener('keydown', jump);
    return () => document.removeEventListener('keydown', jump);
  }, [router]);
  return null;
}
