import type { ledger } from '#lib/db/schema/ledger';
import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';

/** What a sentence is made of. */
export type ToldEntry = Pick<typeof ledger.$inferSelect, 'action' | 'outcome' | 'details'>;

const names = new Map([
  ['access_token', 'access token'],
  ['refresh_token', 'refresh token'],
]);

/** Tokens that an entry names, as words; other texts are passed over. */
function tokensIn(value: unknown): string {
  const listed = Array.isArray(value) ? value : [];
  return listed
    .map((token) => names.get(String(token)))
    .filter((name) => name !== undefined)
    .join(' and ');
}

const begun = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** How the telling of a provider ended, where its action alone says something else. */
const endings = new Map([
  ['revocation.finished unsupported', 'Not revoked at the provider, which offers no way to'],
  ['revocation.failed failed', 'Not revoked at the provider, which could not be told'],
  ['replaced.finished unsupported', 'Replaced tokens not revoked at the provider, which offers no way to'],
  ['replaced.failed failed', 'Replaced tokens not revoked at the provider, which could not be told'],
]);

/** The hub's own doing, although it follows from another's decision. A drill is an administrator's. */
export const isOfItself = (action: string): boolean => /^(?:revocation\.(?!drilled$)|replaced\.)/.test(action);

/** The provider's own code, where it refused: the more exact one of two. */
function providerSays({ provider_error, provider_subcode }: ToldEntry['details']): string {
  const code = provider_subcode ?? provider_error;
  return typeof code === 'string' ? `, the provider says ${code}` : '';
}

/** What a service said that it read for, in its words. */
export const readFor = ({ purpose }: ToldEntry['details']): string =>
  typeof purpose === 'string' ? `, for “${purpose}”` : '';

/** An entry as a line of a history: of proof, which token it is about; of a revocation, how it ended; of a read, what for. */
export function historySentence({ action, outcome, details }: ToldEntry): string {
  const plain: string = ledgerActions[action as LedgerAction] ?? action;
  if (action === 'token.vended') return `${plain}${readFor(details)}`;
  if (action !== 'revocation.proved' && action !== 'replaced.proved')
    return `${endings.get(`${action} ${details.state}`) ?? plain}${providerSays(details)}`;
  const which = action === 'replaced.proved' ? 'replaced ' : '';
  const tokens = tokensIn(outcome === 'ok' ? details.proved : details.accepted);
  if (tokens === '') return plain;
  return begun(
    outcome === 'ok'
      ? `${which}${tokens} proved dead at the provider`
      : `${which}${tokens} still accepted by the provider`,
  );
}
