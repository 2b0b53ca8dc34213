import { hash } from 'node:crypto';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { resultsStatement } from '#lib/ledger/results-statement';
import { type Forged, first, forger, row, signed } from './forge.ts';

/** Another spelling of the same bytes: the last character has bits to spare. */
export const respelled = (base64: string) =>
  base64.replace(/(.)(=+)$/, (_, last: string, end: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}${end}`);
export const signOff = (note: string, findings: string) =>
  row(1, 'review.signed_off', {
    due_at: '2026-11-20',
    findings_sha256: hash('sha256', findings),
    note_sha256: hash('sha256', note),
    review: 'rev_1',
    task: 't',
  });
export const review = (more: object = {}): EvidenceBundle['reviews'][number] => ({
  id: 'rev_1',
  task: 't',
  title: 't',
  due_at: '2026-11-20',
  state: 'signed_off',
  signed_off_at: null,
  signed_off_by: null,
  note: 'n',
  findings: '{}',
  entry: 0,
  ...more,
});
export const reviewed = (more: object) => (bundle: EvidenceBundle) => {
  bundle.reviews = [review(more)];
};
export const withReview = (more: object): Forged => ({
  entries: [signOff('n', '{}')],
  change: reviewed(more),
});
type Result = EvidenceBundle['checks'][number];
export const result = (more: Partial<Record<keyof Result, unknown>> = {}): Result =>
  ({
    ...{
      check: 'state',
      provider: null,
      result: 'fails',
      looked_at: 'the callback',
      found: 'It took a forged answer.',
    },
    ...{ at: '2026-11-20T00:00:00.000Z', run: 'run_1' },
    ...more,
  }) as Result;
/** The entry of a run that found these, with its details changed. */
export const ranFor = (results: readonly Result[], more: object = {}) => {
  const found = results.map(({ looked_at: lookedAt, ...one }) => ({ ...one, lookedAt }));
  const statement = resultsStatement('hub.example/ledger', 'run_1', found);
  return row(1, 'checks.run', { signature: signed(statement), signed_by: forger.id, statement, ...more });
};
/** A run that found one thing at the hub and one at a provider, and what the bundle has of it. */
export const withResults = (shown: (both: Result[]) => Result[], entry = ranFor): Forged => {
  const both = [result(), result({ check: 'pkce', provider: 'acme', result: 'passes', found: 'S256 “ü” \u2028 😀' })];
  return { entries: [entry(both)], change: (b) => Object.assign(b, { checks: shown(both) }) };
};
/** Month, rows and root in the statement of a seal. */
export const monthOf = (statement: unknown[]) => first(statement[5] as unknown[][]);
export const set = (change: (bundle: EvidenceBundle) => unknown): Forged => ({
  change: (bundle) => void change(bundle),
});
export const inText = (from: string | RegExp, to: string): Forged => ({ text: (text) => text.replace(from, to) });
