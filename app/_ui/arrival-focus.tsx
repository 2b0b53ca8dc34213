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
  useEffect(() => ref.current?.focus(), []);
  return (
    <div ref={ref} role={role} tabIndex={-1} className={className}>
      {children}
    </div>
  );
}
