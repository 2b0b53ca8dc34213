'use client';

import { useEffect, useRef } from 'react';

interface ArrivalFocusProps {
  role: 'status' | 'alert';
  className: string;
  children: React.ReactNode;
}

/** Takes the focus when the page arrives, so that the answer to what was just done is read first. */
export function ArrivalFocus({ role, className, children }: ArrivalFocusProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const answer = ref.current;
    const untilAnAct = new AbortController();
    const { signal } = untilAnAct;
    const again = () =>
      requestAnimationFrame(() => {
        if (!signal.aborted && document.activeElement === document.body) answer?.focus();
      });
    answer?.focus();
    // Browsers drop the focus when they jump to the address's fragment: at any frame until the page's last part is there.
    answer?.addEventListener('blur', again, { signal });
    if (document.readyState === 'complete') again();
    else window.addEventListener('load', again, { once: true, signal });
    // From the first act on the focus is the person's.
    for (const act of ['keydown', 'pointerdown']) {
      document.addEventListener(act, () => untilAnAct.abort(), { once: true, signal, capture: true });
    }
    return () => untilAnAct.abort();
  }, []);
  return (
    <div ref={ref} role={role} tabIndex={-1} className={className}>
      {children}
    </div>
  );
}
