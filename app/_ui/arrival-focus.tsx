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
    ref.current?.focus();
    // Browsers drop the focus when they jump to the address's fragment, which may come as late as the page's last part.
    const again = () =>
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) ref.current?.focus();
      });
    if (document.readyState === 'complete') again();
    else window.addEventListener('load', again, { once: true });
    return () => window.removeEventListener('load', again);
  }, []);
  return (
    <div ref={ref} role={role} tabIndex={-1} className={className}>
      {children}
    </div>
  );
}
