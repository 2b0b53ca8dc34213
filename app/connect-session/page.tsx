import type { Metadata } from 'next';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { VisitorShell } from '#app/_ui/visitor-shell';
import { ApplicationFrame, AskApplication } from '#app/connect-session/_parts/application-frame';
import { OfferedProviderCard } from '#app/connect-session/_parts/offered-provider';
import { type ConnectSessionPage, describeConnectSession } from '#lib/connect-sessions/describe';
import { isAppError } from '#lib/errors';
import { visitorPage } from '#lib/web/page';
import { flowParams, refusalSentence, type SearchParams } from '#ui/flow-result';

/** Shorter ones were typed by a person. */
const shortestSecret = 40;

export const metadata: Metadata = { title: 'Connect' };

/** What an application's link leads to: who asks, for whom, and for what. Nothing begins before the button is pressed. */
export default async function ConnectSession({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const ctx = await visitorPage();
  const search = await searchParams;
  const token = typeof search.token === 'string' ? search.token : '';
  const session = await describeConnectSession(ctx, token).catch((error: unknown) => {
    if (isAppError(error) && (error.code === 'connect_session_over' || error.code === 'rate_limited')) return error;
    throw error;
  });
  return (
    <VisitorShell organisation={ctx.config.organisation}>
      {!isAppError(session) ? (
        <Offer session={session} token={token} search={search} />
      ) : session.code === 'connect_session_over' && token.length > 0 && token.length < shortestSecret ? (
        <MistypedCode />
      ) : (
        <>
          <h1 className="text-title font-semibold tracking-tight">
            {session.code === 'rate_limited' ? 'Too many tries' : 'This link no longer works'}
          </h1>
          <Notice tone="warn" title={session.message}>
            <p>Nothing was connected by opening it.</p>
          </Notice>
        </>
      )}
    </VisitorShell>
  );
}

function MistypedCode() {
  return (
    <>
      <h1 className="text-title font-semibold tracking-tight">This code is not valid</h1>
      <Notice tone="warn" title="It was mistyped, used already, or is older than ten minutes.">
        <p>
          <Link href="/device" className="link">
            Type it again
          </Link>{' '}
          or ask your device for a new one.
        </p>
      </Notice>
    </>
  );
}

function Offer({ session, token, search }: { session: ConnectSessionPage; token: string; search: SearchParams }) {
  const { application, label, reconnects, offered, site, decline, device } = session;
  const flow = flowParams(search);
  const single = offered.length === 1 ? offered[0] : undefined;
  const what = single ? single.provider.name : 'an account';
  return (
    <>
      <ApplicationFrame application={application} />
      <div className="flex flex-col gap-2">
        <h1 className="text-title font-semibold tracking-tight">
          {reconnects ? 'Reconnect' : 'Connect'} {what} for {application.name}
        </h1>
        <p className="text-soft">
          {application.name} wants to act for you there. You sign in at the provider; neither {application.name} nor
          this hub sees your password.{' '}
          {!device && (
            <>
              Then you go back to <strong className="font-medium text-ink">{site}</strong>.
            </>
          )}
        </p>
        <p>
          {label ? (
            <>
              {application.name} knows you as <strong className="font-medium wrap-anywhere">{label}</strong>. If that is
              not you, or you did not begin this at {application.name} yourself, close this page.
            </>
          ) : (
            <>If you did not begin this at {application.name} yourself, close this page.</>
          )}
        </p>
      </div>
      {device && (
        <Notice tone="warn" title="Only with a code of your own device">
          <p>Go on only if you read the code on a device in front of you. Never type a code that somebody sent you.</p>
        </Notice>
      )}
      {flow && (
        <Notice tone="bad" title="Connecting has not begun" reference={flow.reference ?? undefined} arrival>
          <p>{refusalSentence(flow.code, flow.providerError)}</p>
        </Notice>
      )}
      <ul className="flex flex-col gap-3">
        {offered.map((one) => (
          <li key={one.provider.id}>
            <OfferedProviderCard offered={one} token={token} reconnects={reconnects} typed={flow?.typed} />
          </li>
        ))}
      </ul>
      <p className="flex flex-wrap gap-x-4 gap-y-2 text-meta">
        <a href={decline} className="link" rel="noreferrer">
          {device ? 'Do not connect' : `Back to ${application.name} without connecting`}
        </a>
        <AskApplication application={application} />
      </p>
    </>
  );
}
