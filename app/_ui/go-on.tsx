'use client';

import { usePathname } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { fillForm, goOnParam, takeKept, watchForm } from './kept-form.ts';

/** A form that answers a file would cut off the rest of a page that is still coming. */
const pageLoaded = () =>
  document.readyState === 'complete'
    ? Promise.resolve()
    : new Promise<void>((resolve) => addEventListener('load', () => resolve(), { once: true }));

async function goOn(element: HTMLFormElement, kept: NonNullable<ReturnType<typeof takeKept>>): Promise<void> {
  await fillForm(element, kept.fields);
  const address = new URL(location.href);
  if (!address.searchParams.has(goOnParam)) return;
  address.searchParams.delete(goOnParam);
  history.replaceState(null, '', address);
  if (!kept.goOn) return;
  await pageLoaded();
  // After the page's own state has followed what was typed. Fields that are not filled in stop it.
  setTimeout(() => element.requestSubmit());
}

/**
 * Put into a form, it brings back what was typed there before its person left to sign in once more. A form that had been
 * submitted goes on by itself.
 */
export function GoOn({ form }: { form: string }) {
  const place = useRef<HTMLSpanElement>(null);
  const path = usePathname();
  useEffect(() => {
    const element = place.current?.closest('form');
    if (!element) return;
    const unwatch = watchForm(element);
    const kept = takeKept(path, form, location.search);
    if (kept) void goOn(element, kept);
    return unwatch;
  }, [path, form]);
  return <span ref={place} hidden data-go-on={form} />;
}
