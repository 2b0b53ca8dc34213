import type { Metadata } from 'next';
import { redirect } from 'next/navigation';
import { Brand } from '#app/_ui/brand';
import { ConnectForm } from '#app/_ui/connect-form';
import { LogIn } from '#app/_ui/icons';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { ThemeSwitch } from '#app/_ui/theme-switch';
import { WhoseHub } from '#app/_ui/whose-hub';
import { visitorPage } from '#lib/web/page';
import { safeReturnTo } from '#lib/web/return-to';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';

export const metadata: Metadata = { title: 'Sign in' };

export default async function SignIn({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await visitorPage();
  const search = await searchParams;
  const returnTo = safeReturnTo(typeof search.return_to === 'string' ? search.return_to : '/');
  if (ctx.actor.type === 'person') redirect(returnTo);
  const providers = ctx.providers.signIn();
  const flow = flowParams(search);
  const refusal = flow ? refusalSentence(flow.code, flow.providerError) : null;
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-6">
      <div className="flex w-full max-w-96 justify-end">
        <ThemeSwitch />
      </div>
      <main className="flex w-full max-w-96 flex-1 flex-col justify-center gap-6 pb-16">
        <div className="card flex flex-col gap-6 p-6 sm:p-8">
          <div className="flex flex-col gap-4">
            <Brand />
            <div>
              <h1 className="text-title font-semibold tracking-tight">Sign in</h1>
              <p className="mt-1 text-soft">
                Grantkeep learns your name and <span className="whitespace-nowrap">e-mail</span> address. It never sees
                your password, and signing in connects nothing.
              </p>
              {ctx.config.organisation && (
                <p className="mt-2 text-meta text-soft">
                  <WhoseHub organisation={ctx.config.organisation} />
                </p>
              )}
            </div>
          </div>
          {refusal && (
            <Notice tone="bad" title="You are not signed in" reference={flow?.reference ?? undefined} arrival>
              <p>{refusal}</p>
            </Notice>
          )}
          {!refusal && flow?.code === 'signed_out' && <Notice tone="info" title="You are signed out" arrival />}
          {providers.length > 0 ? (
            <ul className="flex flex-col gap-2">
              {providers.map((provider) => (
                <li key={provider.id}>
                  <ConnectForm intent="sign_in" provider={provider.id} returnTo={returnTo}>
                    <button type="submit" className="btn btn-named btn-plain min-h-12 w-full justify-start px-3">
                      <ProviderMark provider={provider} size="small" />
                      Sign in with {provider.name}
                    </button>
                  </ConnectForm>
                </li>
              ))}
            </ul>
          ) : (
            <div className="flex gap-3 rounded-lg bg-sunken p-3">
              <LogIn aria-hidden="true" className="mt-0.5 size-5 flex-none text-soft" />
              <p>
                No provider to sign in with is set up yet. The operator of this hub adds one in its configuration, with{' '}
                <code className="font-mono text-meta">sign_in</code> switched on; its button then stands here.
              </p>
            </div>
          )}
        </div>
      </main>
    </div>
  );
}
