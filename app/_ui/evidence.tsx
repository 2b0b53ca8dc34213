import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Notice } from '#app/_ui/notice';
import type { RevocationView } from '#lib/connections/views';
import { honouredSentence, proofWords, tokenSentence } from './evidence-words.ts';
import { plainProof, plainTry } from './plain-evidence.ts';

interface EvidenceProps {
  revocation: RevocationView;
  provider: string;
  /** For readers of the ledger: in the field's terms, with each token's fingerprint and the way to its entries. */
  fingerprints?: boolean;
}

/** What was seen of the old tokens after the provider had been told: which is dead since when, and which is not. */
export function Evidence({ revocation, provider, fingerprints = false }: EvidenceProps) {
  const words = fingerprints ? proofWords(revocation, provider) : plainProof(revocation, provider);
  const { proof } = revocation;
  const honoured = honouredSentence(
    { ...proof, selfContained: fingerprints && proof.selfContained },
    new Date(),
    fingerprints ? 'access token' : 'old access',
  );
  if (!words && !honoured) return null;
  const title =
    words?.title ?? `${provider} was not told, so ${fingerprints ? 'its tokens live on' : 'the access goes on there'}`;
  return (
    <Notice
      tone={words?.tone ?? 'warn'}
      title={title}
      after={words?.moment && proof.provedAt ? <Moment at={proof.provedAt.toISOString()} /> : undefined}
    >
      {proof.tokens.length > 0 && (
        <ul className="flex flex-col gap-1">
          {proof.tokens.map((one) => (
            <li key={one.token}>
              {fingerprints ? tokenSentence(one) : plainTry(one)}
              {one.by && one.at && (
                <span className="text-soft">
                  {' '}
                  <Moment at={new Date(one.at).toISOString()} />
                </span>
              )}
              {fingerprints && one.fingerprint && (
                <Link
                  href={`/admin/ledger?fingerprint=${encodeURIComponent(one.fingerprint)}`}
                  className="link block font-mono text-meta wrap-anywhere"
                >
                  {one.fingerprint}
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
      {words && proof.tokens.length === 0 && (
        <p>
          The provider’s answer alone is no proof, and there is no way to try the{' '}
          {fingerprints ? 'tokens' : 'old access'}.
        </p>
      )}
      {honoured && proof.honouredUntil && (
        <p>
          {words ? honoured : `The ${fingerprints ? 'access token' : 'old access'} lives until`}{' '}
          <Moment at={proof.honouredUntil.toISOString()} />.
        </p>
      )}
    </Notice>
  );
}
