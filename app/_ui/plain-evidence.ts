import type { ProofView, RevocationView } from '#lib/connections/views';
import type { ProofWords } from './evidence-words.ts';

type Try = ProofView['tokens'][number];

const names: Record<Try['token'], string> = { access_token: 'access', refresh_token: 'renewal of the access' };

/** The result of trying an old token, for the owner of the account; the moment stands beside it. */
export function plainTry({ token, before, after }: Try): string {
  const name = `The old ${names[token]}`;
  if (after === 'expired') return `${name} had ended by itself, so it was not tried.`;
  if (after === 'accepted') return `${name} still worked afterwards.`;
  if (after === 'refused')
    return before === 'accepted'
      ? `${name} worked before and was refused afterwards.`
      : `${name} was refused afterwards. Whether it worked before is not known.`;
  return `${name} could not be tried.`;
}

/** What the evidence comes to, for the person; null where the provider was not told. */
export function plainProof(
  { state, proof }: Pick<RevocationView, 'state' | 'proof'>,
  provider: string,
): ProofWords | null {
  if (state !== 'revoked_upstream') return null;
  switch (proof.state) {
    case 'proved':
      return { tone: 'good', title: 'Tried and refused at', moment: true };
    case 'still_accepted':
      return { tone: 'bad', title: `${provider} confirmed the end, but still accepts the old access`, moment: false };
    case 'due':
      return {
        tone: 'warn',
        title: `${provider} confirmed the end, but still accepts the old access. It will be tried again`,
        moment: false,
      };
    default:
      return { tone: 'info', title: `${provider} confirmed the end. It could not be tried`, moment: false };
  }
}
