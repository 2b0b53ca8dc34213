'use client';

import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** Without a touch for so long nobody looks any more: asking on would keep their session from idling out. */
const patienceMs = 15 * 60_000;
const touches = ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const;

/**
 * Asks for the page again every few seconds, while somebody looks at it. The server renders it anew; what is marked,
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
