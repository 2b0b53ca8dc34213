import { Link } from '#app/_ui/link';

/** To the page that asks to sign in once more, and from there to `returnTo`, a path on this hub. */
export function StepUpLink({ returnTo }: { returnTo: string }) {
  return (
    <Link href={`/step-up?${new URLSearchParams({ return_to: returnTo })}`} className="link">
      Sign in once more
    </Link>
  );
}
