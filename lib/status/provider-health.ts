import { redirectUri } from '#lib/authorization/redirect-uri';
import type { Context } from '#lib/context';
import type { ProviderReport } from '#lib/db/schema/processes';
import { hasManyHosts } from '#lib/provider-calls/call-target';
import { readProviderReports } from '#lib/status/list-processes';
import { reportProviders } from '#lib/status/report-providers';

/** The joint knowledge of the running processes about a provider. */
export interface ProviderHealthView {
  provider: { id: string; name: string };
  /** The redirect URI for the provider's console, letter by letter. */
  redirectUri: string;
  /** The worst that any process found: `open` where it is not asked, `half_open` where one call tries it just now. */
  circuit: ProviderReport['circuit'];
  /** Since when the first process found it not to be answering; null while all get answers. */
  since: Date | null;
  /** When the last of the processes asks it again, by the next call that needs it. */
  askedAgainAt: Date | null;
  /** Until then the background leaves it alone, because it asked for rest; null where it did not. */
  restsUntil: Date | null;
  /** The hosts that do not answer, by name, where the provider has several: each tenant's own. */
  sickHosts: string[];
  /** Some other host of the provider answers, or was not found wanting. */
  othersAnswer: boolean;
  /** Accounts that no process asks for just now, because the provider answered 429 for them alone. */
  limitedAccounts: number;
  /** Processes that found it not to be answering, of `processes` that run. */
  pausedIn: number;
  processes: number;
  callsUnderWay: number;
  callsWaiting: number;
}

/** A provider that some process found not to be answering. */
export type SickProviderView = ProviderHealthView & { since: Date; askedAgainAt: Date };

/** True for a provider that some process found not to be answering. */
export function isSick(health: ProviderHealthView): health is SickProviderView {
  return health.since !== null;
}

interface Said extends ProviderReport {
  process: string;
  /** The moment from which its spans count. */
  at: Date;
}

const severity = { closed: 0, half_open: 1, open: 2 } as const;

const after = (said: Said, milliseconds: number) => new Date(said.at.getTime() + milliseconds);
const latest = (dates: Date[]) => dates.toSorted((a, b) => b.getTime() - a.getTime())[0] ?? null;
const earliest = (dates: Date[]) => dates.toSorted((a, b) => a.getTime() - b.getTime())[0] ?? null;

function together(
  { provider, redirectUri }: Pick<ProviderHealthView, 'provider' | 'redirectUri'>,
  processes: number,
  severalHosts: boolean,
  all: Said[],
): ProviderHealthView {
  const paused = all.filter(({ notAnsweringForMs }) => notAnsweringForMs !== null);
  const resting = all.filter(({ restsForMs }) => restsForMs > 0);
  const worst = all.toSorted((a, b) => severity[b.circuit] - severity[a.circuit])[0];
  return {
    provider,
    redirectUri,
    circuit: worst?.circuit ?? 'closed',
    since: earliest(paused.map((said) => after(said, -(said.notAnsweringForMs ?? 0)))),
    askedAgainAt: latest(paused.map((said) => after(said, said.askedAgainInMs))),
    restsUntil: latest(resting.map((said) => after(said, said.restsForMs))),
    sickHosts: severalHosts ? [...new Set(paused.flatMap(({ host }) => host ?? []))].sort() : [],
    othersAnswer: severalHosts && all.some(({ circuit }) => circuit === 'closed'),
    limitedAccounts: all.reduce((sum, said) => sum + (said.limitedAccounts ?? 0), 0),
    pausedIn: new Set(paused.map(({ process }) => process)).size,
    processes,
    callsUnderWay: all.reduce((sum, said) => sum + said.callsUnderWay, 0),
    callsWaiting: all.reduce((sum, said) => sum + said.callsWaiting, 0),
  };
}

/**
 * Every provider, by what the processes that run said of it last: this one now, the others within their last beat.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listProviderHealth(ctx: Context): Promise<ProviderHealthView[]> {
  const others = await readProviderReports(ctx);
  const said: Said[] = others.flatMap(({ id, providers, lastSeenAt }) =>
    providers.map((report) => ({ ...report, process: id, at: lastSeenAt })),
  );
  const now = new Date();
  for (const report of reportProviders(ctx)) said.push({ ...report, process: ctx.processId, at: now });
  return ctx.providers.list().map((record) => {
    const { id, name } = record;
    const ofIt = said.filter(({ provider }) => provider === id);
    const about = { provider: { id, name }, redirectUri: redirectUri(ctx, record) };
    return together(about, others.length + 1, hasManyHosts(record), ofIt);
  });
}

/**
 * The providers that did not answer the last refreshes of this process or another.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export async function listSickProviders(ctx: Context): Promise<SickProviderView[]> {
  return (await listProviderHealth(ctx)).filter(isSick);
}
