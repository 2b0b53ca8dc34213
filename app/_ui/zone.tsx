'use client';

import { createContext, useContext, useEffect } from 'react';
import { tellZone } from './zone-actions.ts';

const Zone = createContext('UTC');

/** The zone in which this page writes its times. */
export const useZone = (): string => useContext(Zone);

interface ZoneProviderProps {
  zone: string;
  /** The browser's own zone, as far as the hub knows it. */
  own: string | null;
  children: React.ReactNode;
}

/** Gives the page its zone, and tells the hub the browser's where it is another than it knows. */
export function ZoneProvider({ zone, own, children }: ZoneProviderProps) {
  useEffect(() => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    // Without a word the hub writes UTC, which is right for a browser in UTC.
    if (!here || here === (own ?? 'UTC')) return;
    const form = new FormData();
    form.set('zone', here);
    // Told again by the next page where this one is left meanwhile.
    tellZone(form).catch(() => {});
  }, [own]);
  return <Zone value={zone}>{children}</Zone>;
}
