import { basicParts } from '#demo/odd/client';
import type { Asked, Oddity } from '#demo/odd/oddity';

const toForm = (text: string): string => new URLSearchParams({ value: text }).toString().slice('value='.length);

/** Rewrites raw credentials as the standard server reads them. */
function encode(asked: Asked): void {
  const parts = basicParts(asked);
  if (!parts) return;
  asked.headers.authorization = `Basic ${Buffer.from(parts.map(toForm).join(':')).toString('base64')}`;
}

/** How the client shows who it is. */
export const clientRows: readonly Oddity[] = [
  {
    name: 'basic_undecoded',
    cases: ['P-01'],
    does: 'It reads the id and the secret of HTTP Basic without decoding them.',
    touches: ['client'],
    asked: encode,
  },
  {
    name: 'basic_undecoded_by_record',
    cases: ['P-01'],
    does: 'It reads HTTP Basic without decoding it, and the record says so.',
    touches: ['client'],
    asked: encode,
    record: { basic_encoding: 'raw' },
  },
];
