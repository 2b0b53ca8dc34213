import { CircuitState } from 'cockatiel';
import { longestQueue, type Protection, protectionsOf } from '#lib/connections/provider-protection';
import type { Runtime } from '#lib/context';
import type { ProviderReport } from '#lib/db/schema/processes';

function circuitOf({ breaker }: Protection): ProviderReport['circuit'] {
  if (breaker.state === CircuitState.HalfOpen) return 'half_open';
  return breaker.state === CircuitState.Closed ? 'closed' : 'open';
}

/** What this process knows of the providers it has asked, for other processes to read. */
export function reportProviders(runtime: Runtime): ProviderReport[] {
  const now = Date.now();
  return [...protectionsOf(runtime)].map(([provider, protection]) => ({
    provider,
    circuit: circuitOf(protection),
    notAnsweringForMs: protection.since && now - protection.since.getTime(),
    askedAgainInMs: Math.max(0, protection.askAgainAt - now),
    restsForMs: Math.max(0, protection.restUntil - now),
    callsUnderWay: runtime.config.refreshConcurrency - protection.slots.executionSlots,
    callsWaiting: longestQueue - protection.slots.queueSlots,
  }));
}
