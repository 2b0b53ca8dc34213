import type { BulkProgress, BulkRowView, BulkView } from '#lib/bulk-revocation/views';
import { proofShort } from './evidence-words.ts';

const number = new Intl.NumberFormat('en-US');
const count = (one: number, word: string) => `${number.format(one)} ${word}${one === 1 ? '' : 's'}`;

/** Names that ids stand for, where they are known. */
export interface CriteriaNames {
  provider?: string | undefined;
  person?: string | null | undefined;
  key?: string | null | undefined;
}

/** What a bulk revocation's rows have in common, a phrase each. */
export function criteriaWords(criteria: BulkView['criteria'], names: CriteriaNames = {}): string[] {
  const { provider, personId, scope, olderThanDays, unusedForDays, readByKey, readWithinDays, selected } = criteria;
  return [
    selected === undefined ? null : `selected by hand (${number.format(Number(selected))})`,
    provider === undefined ? null : `at ${names.provider ?? provider}`,
    personId === undefined ? null : `of ${names.person ?? personId}`,
    scope === undefined ? null : `with the scope ${scope}`,
    olderThanDays === undefined ? null : `connected more than ${count(Number(olderThanDays), 'day')} ago`,
    unusedForDays === undefined ? null : `not read for ${count(Number(unusedForDays), 'day')}`,
    readByKey === undefined
      ? null
      : `read by the API key ${names.key ?? readByKey}${readWithinDays === undefined ? '' : ` in the last ${count(Number(readWithinDays), 'day')}`}`,
  ].filter((phrase) => phrase !== null);
}

/** A line of the summary: so many of so many. */
export interface ProgressLine {
  text: string;
  count: number;
  /** The rows behind the number, where a filter shows just them. */
  show: 'open' | 'wrong' | 'proved' | 'unproved' | null;
  tone: 'good' | 'bad' | 'warn' | 'quiet';
}

/** How far a bulk revocation has come, the most telling state first; empty states are left out. */
export function progressLines({ here, upstream, proof }: BulkProgress, total: number): ProgressLine[] {
  const of = (one: number, words: string) => `${number.format(one)} of ${number.format(total)} ${words}`;
  const done = here.revoked + here.revoked_before;
  const lines: ProgressLine[] = [
    { text: of(done, 'revoked here'), count: done, show: null, tone: 'quiet' },
    { text: of(proof.proved, 'proved dead'), count: proof.proved, show: 'proved', tone: 'good' },
    {
      text: of(proof.not_provable, 'confirmed by the provider, not proved'),
      count: proof.not_provable,
      show: 'unproved',
      tone: 'quiet',
    },
    {
      text: of(proof.still_accepted + proof.due, 'confirmed by the provider, but still accepted'),
      count: proof.still_accepted + proof.due,
      show: 'unproved',
      tone: 'bad',
    },
    {
      text: of(upstream.pending, 'waiting for their provider'),
      count: upstream.pending,
      show: 'open',
      tone: 'warn',
    },
    {
      text: of(upstream.unsupported, 'without a way to tell the provider'),
      count: upstream.unsupported,
      show: 'wrong',
      tone: 'warn',
    },
    {
      text: of(upstream.failed, 'where telling the provider failed'),
      count: upstream.failed,
      show: 'wrong',
      tone: 'bad',
    },
    { text: of(here.failed, 'not revoked here'), count: here.failed, show: 'wrong', tone: 'bad' },
    {
      text: of(here.revoked_before, 'of these had been revoked before'),
      count: here.revoked_before,
      show: null,
      tone: 'quiet',
    },
  ];
  return lines.filter((line, index) => index === 0 || line.count > 0);
}

/** What became of one row here. */
export const hereWords: Record<BulkRowView['state'], string> = {
  waiting: 'waiting',
  revoked: 'revoked',
  revoked_before: 'revoked before',
  failed: 'failed',
};

/** What became of one row at its provider. */
export const thereWords = ({ upstream }: Pick<BulkRowView, 'upstream'>): string =>
  upstream ? proofShort(upstream) : '';
