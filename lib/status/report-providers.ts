import type { Runtime } from '#lib/context';
import type { ProviderReport } from '#lib/db/schema/processes';
import { longestQueue, type Protection, protectionsOf } from '#lib/provider-calls/protections';

/** Hosts of a provider that are named, the worst first; the others are told together. */
const mostNamed = 10;

function circuitOf({ circuit }: Protection): ProviderReport['circuit'] {
  if (circuit.isClosed) return 'closed';
  return circuit.isProbing ? 'half_open' : 'open';
}

const limitedIn = ({ accounts }: Protection) => [...accounts.values()].filter(({ isClosed }) => !isClosed).length;

const sum = (all: Protection[], of: (one: Protection) => number) => all.reduce((total, one) => total + of(one), 0);

/** The report on hosts together; `worst` says how the circuit is. */
function reportOf(runtime: Runtime, host: string | null, worst: Protection, all: Protection[]): ProviderReport {
  const now = Date.now();
  const { circuit } = worst;
  return {
    provider: worst.provider,
    host,
    circuit: circuitOf(worst),
    notAnsweringForMs: circuit.since && now - circuit.since.getTime(),
    askedAgainInMs: circuit.msToNextCall(now),
    restsForMs: Math.max(0, ...all.map(({ restUntil }) => restUntil - now)),
    limitedAccounts: sum(all, limitedIn),
    callsUnderWay: sum(all, ({ slots }) => runtime.config.refreshConcurrency - slots.executionSlots),
    callsWaiting: sum(all, ({ slots }) => longestQueue - slots.queueSlots),
  };
}

/**
 * This process's report on the providers it has asked, for other processes to read: an entry for each host that is not
 * answering, and one for the others of its provider together.
 */
export function reportProviders(runtime: Runtime): ProviderReport[] {
  const byProvider = Map.groupBy(protectionsOf(runtime).values(), ({ provider }) => provider);
  return [...byProvider.values()].flatMap((all) => {
    const since = ({ circuit }: Protection) => circuit.since?.getTime() ?? Number.POSITIVE_INFINITY;
    const [first, ...others] = all.toSorted((a, b) => since(a) - since(b));
    if (!first) return [];
    if (others.length === 0) return [reportOf(runtime, first.host, first, [first])];
    const named = [first, ...others].filter(({ circuit }) => !circuit.isClosed).slice(0, mostNamed);
    const rest = [first, ...others].slice(named.length);
    const [next] = rest;
    return [
      ...named.map((one) => reportOf(runtime, one.host, one, [one])),
      ...(next ? [reportOf(runtime, null, next, rest)] : []),
    ];
  });
}
