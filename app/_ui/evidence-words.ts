import type { ProofView, RevocationView } from '#lib/connections/views';

type TokenTry = ProofView['tokens'][number];

const names: Record<TokenTry['token'], string> = { access_token: 'access token', refresh_token: 'refresh token' };
const calls: Record<'userinfo' | 'introspection', string> = {
  userinfo: 'by asking whose it is',
  introspection: 'by introspection',
};

/** Which tokens were accepted before the provider was told and refused afterwards. */
const provedTokens = ({ tokens }: Pick<ProofView, 'tokens'>): TokenTry[] =>
  tokens.filter(({ before, after }) => before === 'accepted' && after === 'refused');

/** What trying one token showed, as a sentence; the moment stands beside it. */
export function tokenSentence({ token, by, before, after }: TokenTry): string {
  const name = `The ${names[token]}`;
  const how = by ? ` (${calls[by]})` : '';
  if (after === 'expired') return `${name} had ended by itself, so it was not tried.`;
  if (after === 'accepted') return `${name} was still accepted afterwards${how}.`;
  if (after === 'refused') {
    if (before === 'accepted') return `${name} was accepted before and refused afterwards${how}.`;
    return before === 'refused'
      ? `${name} was refused, but it had been before, too${how}: that proves nothing.`
      : `${name} was refused afterwards${how}; whether it was before is not known.`;
  }
  return `No harmless call tells whether the ${names[token]} lives.`;
}

/** What the evidence comes to. `moment` says that the moment of the proof follows the title. */
export interface ProofWords {
  tone: 'good' | 'bad' | 'warn' | 'info';
  title: string;
  moment: boolean;
}

/** Null where there is nothing to say about proof, since the provider was not told. */
export function proofWords(revocation: Pick<RevocationView, 'state' | 'proof'>, provider: string): ProofWords | null {
  const { state, proof } = revocation;
  if (state !== 'revoked_upstream') return null;
  switch (proof.state) {
    case 'proved': {
      const dead = provedTokens(proof).map(({ token }) => names[token]);
      const which = dead.length === 1 ? ` (${dead[0]})` : dead.length > 1 ? ` (${dead.join(' and ')})` : '';
      return { tone: 'good', title: `Proved dead${which} at`, moment: true };
    }
    case 'still_accepted':
      return { tone: 'bad', title: `${provider} confirmed, but a token is still accepted`, moment: false };
    case 'due':
      return {
        tone: 'warn',
        title: `${provider} confirmed; a token is still accepted and will be tried again`,
        moment: false,
      };
    default:
      return { tone: 'info', title: `${provider} confirmed; not proved`, moment: false };
  }
}

/**
 * Until when a service that does not ask the provider may still take the access token; null where there is no such time.
 * @param what what its reader calls it
 */
export function honouredSentence(
  { honouredUntil, selfContained }: ProofView,
  now: Date,
  what = 'access token',
): string | null {
  if (!honouredUntil || honouredUntil <= now) return null;
  return selfContained
    ? `The ${what} is self-contained: a service that checks it by itself may honour it until`
    : `A service that does not ask the provider may honour the ${what} until`;
}

/** The evidence as narrow as a table's cell. */
export function proofShort(revocation: Pick<RevocationView, 'state' | 'proof' | 'lastErrorCode'>): string {
  if (revocation.state === 'pending') return revocation.lastErrorCode ? 'trying again' : 'being told';
  if (revocation.state === 'unsupported') return 'cannot be told';
  if (revocation.state === 'failed') return 'could not be told';
  const words = { none: 'confirmed', proved: 'proved dead', still_accepted: 'still accepted', due: 'still accepted' };
  return revocation.proof.state === 'not_provable' ? 'confirmed, not proved' : words[revocation.proof.state];
}
