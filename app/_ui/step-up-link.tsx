import { Link } from '#app/_ui/link';
import type { ErrorCode } from '#lib/errors';

interface StepUpLinkProps {
  /** A path on this hub. */
  returnTo: string;
  className?: string;
  /** Before the page is left. */
  onClick?: () => void;
  children?: React.ReactNode;
}

/** To the page that asks to sign in once more, and from there to `returnTo`. */
export function StepUpLink({ returnTo, className = 'link', onClick, children = 'Sign in once more' }: StepUpLinkProps) {
  const href = `/step-up?${new URLSearchParams({ return_to: returnTo })}`;
  return (
    <Link href={href} className={className} {...(onClick ? { onClick } : {})}>
      {children}
    </Link>
  );
}

/** The way out of a refusal that asks for a fresh sign-in; nothing for other refusals. */
export function StepUpOffer({ code, returnTo }: { code: ErrorCode; returnTo: string }) {
  if (code !== 'step_up_required') return null;
  return (
    <p>
      <StepUpLink returnTo={returnTo} />
    </p>
  );
}
