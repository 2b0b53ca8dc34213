import type { Metadata } from 'next';
import { ConnectForm } from '#app/_ui/connect-form';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { Time } from '#app/_ui/time';
import { readStepUp, type StepUpView } from '#lib/sign-in/step-up';
import { personPage } from '#lib/web/page';
import { safeReturnTo, stepUpPage } from '#lib/web/return-to';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';

export const metadata: Metadata = { title: 'Sign in once more' };

/** Asks for a fresh sign-in, which what cannot be undone needs, and leads back to it. */
export default async function StepUpPage({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const search = await searchParams;
  const returnTo = safeReturnTo(search.return_to);
  const ctx = await personPage(stepUpPage(returnTo));
  const { fresh, provider } = await readStepUp(ctx);
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code) : null;
  return (
    <div className="mx-auto flex max-w-xl flex-col gap-4">
      {refusal && (
        <Notice tone="bad" title="That did not count" reference={flow?.reference ?? undefined} arrival>
          <p>{refusal}</p>
        </Notice>
      )}
      <div className="card flex flex-col gap-4 p-5 sm:p-6">
        <div className="flex items-center gap-3">
          {provider && (
            <ProviderMark provider={{ ...provider, preset: ctx.providers.get(provider.id)?.preset ?? null }} />
          )}
          <h1 className="text-title font-semibold tracking-tight">Sign in once more</h1>
        </div>
        <p>
          What you are about to do needs a sign-in of the last five minutes, with the account that you are here with.
          You come back to where you were.
        </p>
        {fresh && (
          <p className="text-soft">
            You did so already. That counts for five minutes and ends <Time at={fresh.until} />.
          </p>
        )}
        <Offer provider={provider} />
        <div className="flex flex-wrap gap-2">
          {provider && (
            <ConnectForm intent="step_up" provider={provider.id} returnTo={returnTo}>
              <button type="submit" className={`btn btn-named ${fresh ? 'btn-plain' : 'btn-primary'}`}>
                Sign in with {provider.name}
              </button>
            </ConnectForm>
          )}
          <Link href={returnTo} className={`btn ${fresh ? 'btn-primary order-first' : 'btn-plain'}`}>
            {fresh ? 'Go on' : 'Not now'}
          </Link>
        </div>
      </div>
    </div>
  );
}

/** What the provider will do, and how much it proves. */
function Offer({ provider }: { provider: StepUpView['provider'] }) {
  if (!provider)
    return (
      <p className="text-soft">
        The provider that you sign in with is not set up here any more. Sign out, and in again with another, or ask the
        operator of this hub.
      </p>
    );
  if (provider.proof === 'auth_time')
    return <p className="text-soft">{provider.name} is asked to have you sign in anew, and to say when you did.</p>;
  return (
    <p className="text-soft">
      Session only: {provider.name} does not say when you last proved who you are, and may send you back without asking.
    </p>
  );
}
