import { Moment } from '#app/_ui/moment';
import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { RevocationView } from '#lib/connections/views';
import { honouredSentence, proofWords, tokenSentence } from './evidence-words.ts';

interface EvidenceProps {
  revocation: RevocationView;
  provider: string;
}

/** What was seen of the old tokens after the provider had been told: which is dead since when, and which is not. */
export function Evidence({ revocation, provider }: EvidenceProps) {
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
              {one.at && (
                <span className="text-soft">
                  {' '}
                  <Time at={new Date(one.at)} />
                </span>
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
