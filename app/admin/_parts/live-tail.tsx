'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** Without a touch for so long the reader has left: asking on would keep the session from idling out. */
const patienceMs = 15 * 60_000;
const touches = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

/**
 * Asks for the page again every few seconds, while a reader looks at it. The server renders it anew; marked text,
 * focused or typed stays.
 */
export function LiveTail({ seconds }: { seconds: number }) {
  const router = useRouter();
  useEffect(() => {
    let touchedAt = Date.now();
    const touch = () => {
      touchedAt = Date.now();
    };
    for (const name of touches) window.addEventListener(name, touch, { passive: true });
    const timer = setInterval(() => {
      const looking = document.visibilityState === 'visible' && Date.now() - touchedAt < patienceMs;
      if (looking) router.refresh();
    }, seconds * 1000);
    return () => {
      clearInterval(timer);
      for (const name of touches) window.removeEventListener(name, touch);
    };
  }, [router, seconds]);
  return null;
}
