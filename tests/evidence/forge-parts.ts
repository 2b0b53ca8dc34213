import { hash } from 'node:crypto';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { type Forged, first, row } from './forge.ts';

/** Another spelling of the same bytes: the last character has bits to spare. */
export const respelled = (base64: string) =>
  base64.replace(/(.)(=+)$/, (_, last: string, end: string) => `${String.fromCharCode(last.charCodeAt(0) + 1)}${end}`);
export const signOff = (note: string, findings: string) =>
  row(1, 'review.signed_off', {
    findings_sha256: hash('sha256', findings),
    note_sha256: hash('sha256', note),
    review: 'rev_1',
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
/** Month, rows and root in the statement of a seal. */
export const monthOf = (statement: unknown[]) => first(statement[5] as unknown[][]);
export const set = (change: (bundle: EvidenceBundle) => unknown): Forged => ({
  change: (bundle) => void change(bundle),
});
export const inText = (from: string | RegExp, to: string): Forged => ({ text: (text) => text.replace(from, to) });
