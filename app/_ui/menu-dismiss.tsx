'use client';

import { useEffect } from 'react';

/** Closes an open `<details data-menu>` on Escape, on a click elsewhere and when the focus leaves. Menus open without it. */
export function MenuDismiss() {
  useEffect(() => {
    const closeOthers = (event: Event) => {
      for (const menu of document.querySelectorAll<HTMLDetailsElement>('details[data-menu][open]')) {
        if (!(event.target instanceof Node && menu.contains(event.target))) menu.open = false;
      }
    };
    const closeByKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      for (const menu of document.querySelectorAll<HTMLDetailsElement>('details[data-menu][open]')) {
        menu.open = false;
        menu.querySelector('summary')?.focus();
      }
    };
    document.addEventListener('pointerdown', closeOthers);
    document.addEventListener('focusin', closeOthers);
    document.addEventListener('keydown', closeByKey);
    return () => {
      document.removeEventListener('pointerdown', closeOthers);
      document.removeEventListener('focusin', closeOthers);
      document.removeEventListener('keydown', closeByKey);
    };
  }, []);
  return null;
}
