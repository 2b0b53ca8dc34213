import { Link } from '#app/_ui/link';

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
