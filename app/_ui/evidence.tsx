import { Link } from '#app/_ui/link';
import { Moment } from '#app/_ui/moment';
import { Notice } from '#app/_ui/notice';
import type { RevocationView } from '#lib/connections/views';
import { honouredSentence, proofWords, tokenSentence } from './evidence-words.ts';

interface EvidenceProps {
  revocation: RevocationView;
  provider: string;
  /** Names each token by its fingerprint, and leads to the entries of who read it: for readers of the ledger. */
  fingerprints?: boolean;
}

/** What was seen of the old tokens after the provider had been told: which is dead since when, and which is not. */
export function Evidence({ revocation, provider, fingerprints = false }: EvidenceProps) {
  const words = proofWords(revocation, provider);
  const { proof } = revocation;
  const honoured = honouredSentence(proof, new Date());
  if (!words && !honoured) return null;
  const title = words?.title ?? `${provider} was not told, so its tokens live on`;
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
              {tokenSentence(one)}
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
        <p>The provider’s answer alone is no proof, and nothing is known to try the tokens with.</p>
      )}
      {honoured && proof.honouredUntil && (
        <p>
          {words ? honoured : 'The access token lives until'} <Moment at={proof.honouredUntil.toISOString()} />.
        </p>
      )}
    </Notice>
  );
}
