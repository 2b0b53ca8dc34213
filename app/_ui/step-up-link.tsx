'use client';

import { usePathname, useRouter } from 'next/navigation';
import { Link } from '#app/_ui/link';
import { keepForm } from './kept-form.ts';

interface StepUpLinkProps {
  /** A path on this hub. */
  returnTo: string;
  className?: string;
  /** The form was submitted and refused, and goes on by itself after the sign-in. */
  goOn?: boolean;
  /** The page's form to keep, where it is another than the one around the link. */
  form?: string;
  children?: React.ReactNode;
}

/** The page that asks to sign in once more, and leads on to a path of this hub. */
export const stepUpAddress = (returnTo: string) => `/step-up?${new URLSearchParams({ return_to: returnTo })}`;

/** The form to keep: the named one, else the one around the link, else one of the page that was refused for want of a sign-in. */
function formOf(link: Element, name: string | undefined) {
  const around = link.closest('form');
  const refused = around ? null : document.querySelector('form [data-step-up-offer]')?.closest('form');
  const mark = name
    ? document.querySelector<HTMLElement>(`[data-go-on=${CSS.escape(name)}]`)
    : (around ?? refused)?.querySelector<HTMLElement>('[data-go-on]');
  const element = mark?.closest('form');
  return element && mark?.dataset.goOn
    ? { element, name: mark.dataset.goOn, refused: !around && element.querySelector('[data-step-up-offer]') !== null }
    : null;
}

/**
 * To the page that asks to sign in once more, and from there to `returnTo`. It keeps the typed fields of the form around it;
 * without JavaScript it is a link like others.
 */
export function StepUpLink(props: StepUpLinkProps) {
  const { returnTo, className = 'link', goOn = false, form: name, children = 'Sign in once more' } = props;
  const router = useRouter();
  const path = usePathname();
  const keep = (event: React.MouseEvent<HTMLAnchorElement>) => {
    const form = formOf(event.currentTarget, name);
    // A new tab or window keeps nothing of this one.
    if (!form || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    router.push(stepUpAddress(keepForm(form.element, { path, returnTo, form: form.name, goOn: goOn || form.refused })));
  };
  return (
    <Link href={stepUpAddress(returnTo)} className={className} onClick={keep}>
      {children}
    </Link>
  );
}

/** The way out of a refusal that asks for a fresh sign-in; nothing for other refusals. */
export function StepUpOffer({ code, returnTo }: { code: string; returnTo: string }) {
  if (code !== 'step_up_required') return null;
  return (
    <p data-step-up-offer="">
      <StepUpLink returnTo={returnTo} goOn />
    </p>
  );
}
