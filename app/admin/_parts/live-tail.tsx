'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** Without a touch for so long the reader has left: asking on would keep the session from idling out. */
const patienceMs = 15 * 60_000;
const touches = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

/** A reader who marks text, has a dialog open or types is not disturbed. */
function isBusy(): boolean {
  if (getSelection()?.isCollapsed === false || document.querySelector('[role=alertdialog], [role=dialog]')) return true;
  return document.activeElement?.matches('input, select, textarea') ?? false;
}

interface LiveTailProps {
  seconds: number;
  /** For a page that is read and not watched: it waits for a busy reader, and readers who want less motion refresh it. */
  calm?: boolean;
}

/**
 * Asks for the page again every few seconds, while a reader looks at it. The server renders it anew; marked text,
 * focused or typed stays.
 */
export function LiveTail({ seconds, calm = false }: LiveTailProps) {
  const router = useRouter();
  useEffect(() => {
    let touchedAt = Date.now();
    const touch = () => {
      touchedAt = Date.now();
    };
    for (const name of touches) window.addEventListener(name, touch, { passive: true });
    const timer = setInterval(() => {
      const looking = document.visibilityState === 'visible' && Date.now() - touchedAt < patienceMs;
      const wait = calm && (isBusy() || matchMedia('(prefers-reduced-motion: reduce)').matches);
      if (looking && !wait) router.refresh();
    }, seconds * 1000);
    return () => {
      clearInterval(timer);
      for (const name of touches) window.removeEventListener(name, touch);
    };
  }, [router, seconds, calm]);
  return null;
}
