import type { Metadata } from 'next';
import { cache } from 'react';
import { AccountParamFields } from '#app/_ui/account-param-fields';
import { BackLink } from '#app/_ui/back-link';
import { Fact, Facts } from '#app/_ui/facts';
import { Notice } from '#app/_ui/notice';
import { ProviderMark } from '#app/_ui/provider-mark';
import { ZoneNote } from '#app/_ui/zone-note';
import { listMetadata } from '#lib/checks/metadata-history';
import { countByProvider } from '#lib/connections/count-by-provider';
import { readZone } from '#lib/cookies/zone';
import { readTrace } from '#lib/flow-trace/store-trace';
import { standingFreeze } from '#lib/freezes/list';
import { readGrantAges } from '#lib/overview/grant-ages';
import { readRefreshDays } from '#lib/overview/refresh-days';
import { countReconnects } from '#lib/person-mails/ask-reconnect';
import { listProviderStops } from '#lib/provider-calls/provider-stop';
import { describeProvider } from '#lib/provider-check/describe-provider';
import { lastCheck } from '#lib/provider-check/last-check';
import { readStepUp } from '#lib/sign-in/step-up';
import { listProviderActivity } from '#lib/status/provider-activity';
import { isSick, listProviderHealth } from '#lib/status/provider-health';
import { adminPage, inPart, orNotFound, titleOf } from '#lib/web/page';
import { cardPath } from '#ui/card-path';
import type { SearchParams } from '#ui/flow-result';
import { GrantAges } from '../../_overview/grant-ages.tsx';
import { RefreshDays } from '../../_overview/refresh-days.tsx';
import { AskReconnect } from '../../_parts/ask-reconnect.tsx';
import { CardPart } from '../../_parts/card-part.tsx';
import { FrozenBy } from '../../_parts/frozen-by.tsx';
import { Reconnects } from '../../_parts/reconnects.tsx';
import { SickProviders } from '../../_parts/sick-providers.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { signInUntil } from '../../_parts/step-up-notice.tsx';
import { Unread } from '../../_parts/unread.tsx';
import { asKnown, FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { StoppedProviders } from '../../status/_parts/stopped-providers.tsx';
import { CheckButton } from '../_parts/check-button.tsx';
import { CheckResults } from '../_parts/check-results.tsx';
import { ClientSecrets } from '../_parts/client-secrets.tsx';
import { ConnectTraced } from '../_parts/connect-traced.tsx';
import { Grants, Health } from '../_parts/health.tsx';
import { MetadataHistory } from '../_parts/metadata.tsx';
import { PlayScenarios } from '../_parts/play-scenarios.tsx';
import { recordWords } from '../_parts/record-words.ts';
import { Setup } from '../_parts/setup.tsx';
import { Trace } from '../_parts/trace.tsx';
import { askAll } from '../actions.ts';

interface ProviderPageProps {
  params: Promise<{ id: string }>;
  searchParams: Promise<SearchParams>;
}

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  describeProvider(await adminPage(`/admin/providers/${encodeURIComponent(id)}`), { provider: id }),
);

const readId = async ({ params }: ProviderPageProps) => decodeURIComponent((await params).id);

export async function generateMetadata(props: ProviderPageProps): Promise<Metadata> {
  return { title: (await titleOf(readOnce(await readId(props))))?.provider.name ?? 'Provider' };
}

export default async function ProviderPage(props: ProviderPageProps) {
  const id = await readId(props);
  const ctx = await adminPage(`/admin/providers/${encodeURIComponent(id)}`);
  const about = await orNotFound(readOnce(id));
  const { provider, relaxations } = about;
  const { trace: traceId, flow, ref } = await props.searchParams;
  const administrator = ctx.actor.role === 'administrator';
  const { zone } = await readZone();
  const [trace, check, health, activity, counts, stops, freeze, history, stepUp, reconnects, refreshes, ages] =
    await Promise.all([
      typeof traceId === 'string' ? inPart(ctx, 'flow_trace', readTrace(ctx, traceId)) : null,
      inPart(ctx, 'provider_check', lastCheck(ctx, id)),
      inPart(ctx, 'provider_health', listProviderHealth(ctx)),
      inPart(ctx, 'provider_activity', listProviderActivity(ctx)),
      inPart(ctx, 'provider_counts', countByProvider(ctx)),
      inPart(ctx, 'provider_stops', listProviderStops(ctx)),
      inPart(ctx, 'freezes', standingFreeze(ctx, { scope: 'provider', target: id }).then(asKnown)),
      inPart(ctx, 'provider_metadata', listMetadata(ctx, { provider: id })),
      readStepUp(ctx),
      administrator ? inPart(ctx, 'reconnects', countReconnects(ctx, { provider: id })) : null,
      inPart(ctx, 'refresh_days', readRefreshDays(ctx, { zone })),
      inPart(ctx, 'grant_ages', readGrantAges(ctx)),
    ]);
  const own = <T extends { provider: { id: string } }>(all: readonly T[] | null) =>
    all?.filter((one) => one.provider.id === id) ?? [];
  const [healthOfIt] = own(health);
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/providers">Providers</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 items-center gap-3">
          <ProviderMark provider={provider} />
          <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">{provider.name}</h1>
        </div>
        {freeze && (
          <FreezeControl
            scope="provider"
            target={id}
            name={provider.name}
            freeze={freeze.known}
            administrator={administrator}
            signInUntil={signInUntil(stepUp)}
          />
        )}
      </div>
      <div className="-mt-4 mb-4">
        <ZoneNote />
      </div>
      <FrozenBy over={{ provider: id }} />
      <StoppedProviders stops={own(stops)} signInUntil={administrator ? signInUntil(stepUp) : null} />
      <SickProviders providers={own(health).filter(isSick)} />
      {relaxations.length > 0 && (
        <div className="mb-4">
          <Notice tone="warn" title="The record switches protections off">
            <ul className="flex flex-col gap-1">
              {relaxations.map((name) => (
                <li key={name}>
                  <code className="font-mono wrap-anywhere">{name}</code>
                </li>
              ))}
            </ul>
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <CardPart id="check" title="Check" className="xl:col-span-2">
          <div className="flex flex-col gap-5">
            {administrator && (
              <CheckButton provider={provider} running={check?.state === 'running'}>
                <AccountParamFields provider={provider.id} params={about.accountParams} />
              </CheckButton>
            )}
            <CheckResults check={check} />
          </div>
        </CardPart>
        {administrator && about.connect && (
          <CardPart id="trace" title="Connect as yourself" className="xl:col-span-2">
            <div className="flex flex-col gap-5">
              <p className="max-w-[75ch] text-soft">
                You go through the real flow with your account at {provider.name}. Afterwards this page shows every
                request and answer, what the hub understood, and which lines the record lacks.
              </p>
              {!traceId && typeof flow === 'string' && (
                <Notice tone="bad" title="The flow did not begin" reference={typeof ref === 'string' ? ref : undefined}>
                  <p>
                    <code className="font-mono wrap-anywhere">{flow.slice(0, 64)}</code>
                  </p>
                </Notice>
              )}
              {traceId && !trace && (
                <Notice tone="info" title="This trace is no longer kept">
                  <p className="text-meta">The hub keeps a trace for an hour, for the person who began it.</p>
                </Notice>
              )}
              {trace?.provider === id && <Trace trace={trace} />}
              <ConnectTraced about={about} />
            </div>
          </CardPart>
        )}
        {administrator && about.failureScenarios && (
          <CardPart id="scenarios" title="Failure scenarios" className="xl:col-span-2">
            <div className="flex flex-col gap-4">
              <p className="max-w-[75ch] text-soft">
                The hub forges what an attacker would, and shows who refused it. The scenario of a code that is used
                twice needs a person: choose it under Connect as yourself.
              </p>
              <PlayScenarios provider={provider} />
            </div>
          </CardPart>
        )}
        <div className="flex flex-col gap-4">
          <CardPart id="setup" title="Setup">
            <Setup about={about} />
          </CardPart>
          {about.secrets.length > 0 && (
            <CardPart id="secrets" title="Client secret">
              <ClientSecrets secrets={about.secrets} />
            </CardPart>
          )}
        </div>
        <div className="flex flex-col gap-4">
          <CardPart id="record" title="What the hub does here">
            <Facts>
              {recordWords(about).map(([label, text]) => (
                <Fact key={label} label={label}>
                  {text}
                </Fact>
              ))}
            </Facts>
          </CardPart>
          <CardPart id="metadata" title="Metadata">
            {history ? (
              <MetadataHistory
                provider={provider}
                history={history}
                signInUntil={administrator ? signInUntil(stepUp) : null}
              />
            ) : (
              <Unread reference={ctx.requestId} />
            )}
          </CardPart>
          <CardPart id="health" title="Health">
            {healthOfIt ? (
              <Health health={healthOfIt} activity={own(activity)[0] ?? null} />
            ) : (
              <Unread reference={ctx.requestId} />
            )}
          </CardPart>
          <CardPart id="grants" title="Connections">
            {counts ? <Grants provider={id} counts={own(counts)[0]} /> : <Unread reference={ctx.requestId} />}
          </CardPart>
          <CardPart id="refreshes" title="Refresh success">
            {refreshes ? (
              <RefreshDays view={refreshes} zone={zone} provider={id} />
            ) : (
              <Unread reference={ctx.requestId} />
            )}
          </CardPart>
          <CardPart id="ages" title="Age and last use of grants">
            {ages ? <GrantAges view={ages} provider={id} /> : <Unread reference={ctx.requestId} />}
          </CardPart>
          {reconnects !== null && reconnects.connections > 0 && (
            <CardPart id="reconnect" title="Bring people back">
              <Reconnects address={new URL(cardPath(id), ctx.config.appUrl).href} counts={reconnects}>
                <AskReconnect
                  fields={[
                    ['provider', id],
                    ['expected', String(reconnects.askable.connections)],
                  ]}
                  action={askAll}
                  {...reconnects.askable}
                />
              </Reconnects>
            </CardPart>
          )}
        </div>
      </div>
    </>
  );
}
