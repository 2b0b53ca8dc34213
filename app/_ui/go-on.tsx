'use client';

import { usePathname, useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { fillForm, goOnParam, keepForm, takeKept, watchForm } from './kept-form.ts';
import { stepUpAddress } from './step-up-link.tsx';

/** A form that answers a file would cut off the rest of a page that is still coming. */
const pageLoaded = () =>
  document.readyState === 'complete'
    ? Promise.resolve()
    : new Promise<void>((resolve) => addEventListener('load', () => resolve(), { once: true }));

/** Forms that come from a sign-in: of these the server says whether it counts, else a wrong clock would ask for ever. */
const goingOn = new WeakSet<HTMLFormElement>();

async function goOn(element: HTMLFormElement, kept: NonNullable<ReturnType<typeof takeKept>>): Promise<void> {
  await fillForm(element, kept.fields);
  const address = new URL(location.href);
  if (!address.searchParams.has(goOnParam)) return;
  address.searchParams.delete(goOnParam);
  history.replaceState(null, '', address);
  if (!kept.goOn) return;
  await pageLoaded();
  // After the page's own state has followed what was typed. Fields that are not filled in stop it.
  setTimeout(() => {
    const [name, value] = kept.button ?? [];
    const pressed = [...element.querySelectorAll('button')].find((one) => one.name === name && one.value === value);
    // The form has lost that button: what it would do instead was not asked for.
    if (kept.button && !pressed) return;
    goingOn.add(element);
    element.requestSubmit(pressed);
  });
}

interface GoOnProps {
  /** Which of the page's forms. */
  form: string;
  /**
   * When the last sign-in stops to count, in milliseconds since 1970. A later press asks for the sign-in before it posts.
   * For forms that the browser posts by itself: a refusal replaces their page, and the typed fields with it.
   */
  signInUntil?: number;
}

/**
 * Put into a form, it brings back what was typed there before its person left to sign in once more. A form that had been
 * submitted goes on by itself.
 */
export function GoOn({ form, signInUntil }: GoOnProps) {
  const place = useRef<HTMLSpanElement>(null);
  const path = usePathname();
  const router = useRouter();
  useEffect(() => {
    const element = place.current?.closest('form');
    if (!element) return;
    const unwatch = watchForm(element);
    const kept = takeKept(path, form, location.search);
    if (kept) void goOn(element, kept);
    return unwatch;
  }, [path, form]);
  useEffect(() => {
    const element = place.current?.closest('form');
    if (!element || signInUntil === undefined) return;
    const ask = (event: SubmitEvent) => {
      if (goingOn.delete(element) || Date.now() < signInUntil) return;
      event.preventDefault();
      const returnTo = location.pathname + location.search;
      router.push(stepUpAddress(keepForm(element, { path, returnTo, form, goOn: true })));
    };
    element.addEventListener('submit', ask);
    return () => element.removeEventListener('submit', ask);
  }, [path, form, signInUntil, router]);
  return <span ref={place} hidden data-go-on={form} />;
}
