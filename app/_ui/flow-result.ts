import type { ConnectionView, DisplayStatus } from '#lib/connections/views';
import { type ErrorCode, errorCodes } from '#lib/errors';
import { providerErrorSentence } from '#lib/provider-errors';
import { typedPrefix } from '#lib/web/return-to';

/** What a returning flow, or a finished act, left in the page's address. */
export interface FlowParams {
  code: string;
  provider: string | null;
  connection: string | null;
  reference: string | null;
  /** The provider's own code, where it refused. */
  providerError: string | null;
  /** What was typed for the account's parts and was refused, by their names. */
  typed: Record<string, string>;
}

export interface FlowResult {
  tone: 'good' | 'bad' | 'warn';
  title: string;
  text: string | null;
  /** What can be done now: begin again, or keep the other account as a second connection. */
  next: 'try_again' | 'connect_another' | 'grant_the_rest' | null;
}

export type SearchParams = Record<string, string | string[] | undefined>;

function single(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' && value.length <= 200 ? value : null;
}

/** The flow's outcome from the address; null where there is none. */
export function flowParams(search: SearchParams): FlowParams | null {
  const code = single(search.flow);
  if (!code) return null;
  const reference = single(search.ref);
  return {
    code,
    provider: single(search.provider),
    connection: single(search.connection),
    providerError: single(search.provider_error),
    typed: Object.fromEntries(
      Object.entries(search).flatMap(([name, value]) => {
        const typed = name.startsWith(typedPrefix) ? single(value) : null;
        return typed === null ? [] : [[name.slice(typedPrefix.length), typed]];
      }),
    ),
    reference: reference && /^[\w-]{1,64}$/.test(reference) ? reference : null,
  };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

const titles: Partial<Record<ErrorCode, (provider: string) => string>> = {
  access_denied: (provider) => `${provider} was not connected`,
  account_mismatch: () => 'That was another account',
  provider_unavailable: (provider) => `${provider} does not answer`,
  rate_limited: () => 'Too many attempts',
  flow_expired: () => 'That took too long',
  account_part_invalid: (provider) => `Connecting ${provider} has not begun`,
};

/** Refusals that may come after the provider issued tokens, which the hub revokes then (`keepRefused`). */
const afterExchange: ReadonlySet<ErrorCode> = new Set([
  'account_mismatch',
  'identity_unavailable',
  'id_token_invalid',
  'token_answer_invalid',
  'person_disabled',
  'frozen',
  'conflict',
  'internal',
]);

/** Refusals that the provider's own code tells more of. */
const ofTheProvider: ReadonlySet<ErrorCode> = new Set([
  'access_denied',
  'provider_refused',
  'provider_configuration',
  'provider_unavailable',
  'exchange_refused',
  'identity_unavailable',
]);

/** A refusal's sentence, by the provider's code where that is known. */
function sentenceOf(code: ErrorCode, providerError: string | null): string {
  const told = ofTheProvider.has(code) ? providerErrorSentence(providerError) : null;
  return told ?? errorCodes[code][1];
}

/** An outcome in words for the provider's card. Unknown codes say nothing: the address is anybody's to write. */
export function flowResult(code: string, provider: string, providerError: string | null = null): FlowResult | null {
  switch (code) {
    case 'connected':
      return { tone: 'good', title: `${provider} is connected`, text: null, next: null };
    case 'reconnected':
      return { tone: 'good', title: `${provider} is connected again`, text: null, next: null };
    case 'scopes_missing':
      return {
        tone: 'warn',
        title: `${provider} is connected, with less than was asked for`,
        text: 'Some permissions were not granted. Services that need them will not work until you grant the rest.',
        next: 'grant_the_rest',
      };
    case 'chosen':
      return { tone: 'good', title: 'Your choice is kept', text: 'Services use it from now on.', next: null };
    case 'named':
      return { tone: 'good', title: 'The name is kept', text: null, next: null };
    case 'disconnected':
      return {
        tone: 'good',
        title: `${provider} is disconnected`,
        text: 'No service can use that account any more.',
        next: null,
      };
    default:
      if (!isErrorCode(code)) return null;
      return {
        tone: 'bad',
        title: titles[code]?.(provider) ?? `Connecting ${provider} did not work`,
        text: afterExchange.has(code)
          ? `${sentenceOf(code, providerError)} If ${provider} issued tokens, the hub revokes them there, unless other connections depend on them.`
          : sentenceOf(code, providerError),
        next: code === 'account_mismatch' ? 'connect_another' : 'try_again',
      };
  }
}

/**
 * Whether a success may be told: the address is anybody's to write, and a link must not make somebody believe that
 * access ended, or began, that did not.
 * @param statuses of the connections that it can be about
 */
export function mayBeTold(code: string, statuses: readonly DisplayStatus[]): boolean {
  if (isErrorCode(code)) return true;
  return statuses.some((status) => (status === 'revoked') === (code === 'disconnected'));
}

/** Whether the connection is as this outcome says, where that is about a choice or a name. */
export function isSettled({ choices, named }: Pick<ConnectionView, 'choices' | 'named'>, code: string): boolean {
  if (code === 'chosen') return choices.some(({ chosen }) => chosen !== null);
  return code !== 'named' || named === true;
}

/** The sentence for a failed sign-in or another coded refusal; null for a code that is not ours. */
export function refusalSentence(code: string, providerError: string | null = null): string | null {
  return isErrorCode(code) ? sentenceOf(code, providerError) : null;
}
