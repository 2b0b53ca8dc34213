import type { Probe } from '#lib/provider-check/probe';
import type { Finding } from '#lib/provider-check/report';

/** The difference that the hub forgives when it checks the times of an ID token. */
const toleratedSeconds = 60;

/** The clocks of the hosts against ours, by the `Date` of their answers (RFC 9110 §6.6.1). */
export function checkClock({ dated }: Pick<Probe, 'dated'>): Finding[] {
  const byHost = Map.groupBy(dated, ({ host }) => host);
  if (byHost.size === 0)
    return [{ check: 'clock', result: 'unknown', lookedAt: 'Date', found: 'No answer carried a date.' }];
  return [...byHost].map(([host, answers]) => {
    const sorted = answers.map(({ aheadMs }) => aheadMs).sort((a, b) => a - b);
    const seconds = Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) / 1000);
    const base = { check: 'clock', lookedAt: `Date of ${host}` } as const;
    const apart = `${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} that of the hub`;
    if (Math.abs(seconds) <= 2) return { ...base, result: 'passes', found: 'The clocks of server and hub agree.' };
    if (Math.abs(seconds) <= toleratedSeconds)
      return { ...base, result: 'passes', found: `The clock of the server is ${apart}, which the hub forgives.` };
    const mend = 'Set both clocks by NTP: ID tokens of the one count as expired, or as of the future, at the other.';
    return { ...base, result: 'fails', found: `The clock of the server is ${apart}.`, mend };
  });
}
