/** What a page asks for (`Accept`) that wants to be told how far the file is. No proxy holds it back to compress it. */
export const evidenceProgressType = 'application/vnd.grantkeep.evidence-progress';

/** The sections of a bundle in the order in which they are read; last, the file is written and signed. */
export const evidenceSteps = [
  ...(['entries', 'checks', 'freezes', 'revocations', 'vault keys', 'reviews', 'notes', 'alerts'] as const),
  'signature',
] as const;
export type EvidenceStep = (typeof evidenceSteps)[number];

/** A line of the answer, as JSON. After `done` come the bytes of the file, to the end of the answer. */
export type EvidenceLine =
  | { step: EvidenceStep; rows: number }
  | { done: { name: string; type: string; bytes: number } }
  | { refused: { code: string; message: string; reference: string } };
