import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessToken } from './access-token.ts';
import { type AnswerOf, callHub, type InputOf, type OperationId } from './call-hub.ts';
import { GrantkeepError } from './errors.ts';
import { isRefused, type Outcome } from './refused.ts';
import { type ClientOptions, parseSettings, type Settings } from './settings.ts';
import { TokenSource } from './token-source.ts';

/** The id of a connection, `con_…`, or a connection as the API answers it. */
export type ConnectionRef = string | { id: string };

/** What a read is for. The hub keeps it in its ledger, and the person can read the purpose. */
export interface Use {
  /** One line, without personal data. */
  purpose?: string;
  /** The scopes that the call needs. Where the connection lacks one, the call is refused with `missing_scope`. */
  scopes?: readonly string[];
}

type Optional<Input> = Record<never, never> extends Input ? [input?: Input] : [input: Input];

/** The same token is tried again after so long: a provider may know a token a moment later than the hub. */
const pauseMs = 1000;

export function connectionId(connection: ConnectionRef): string {
  const id = typeof connection === 'string' ? connection : connection.id;
  if (!/^con_[0-9a-z]+$/.test(id)) throw new TypeError('This is not the id of a connection, con_….');
  return id;
}

async function outcomeOf<Result>(work: () => Result): Promise<Outcome<Awaited<Result>>> {
  try {
    return { result: await work() };
  } catch (fault) {
    return { fault };
  }
}

function settle<Result>(outcome: Outcome<Result>): Result {
  if ('fault' in outcome) throw outcome.fault;
  return outcome.result;
}

/** A client of one hub with one API key. Make one for a process: it keeps tokens. */
export class GrantkeepClient {
  readonly #settings: Settings;
  readonly #tokens: TokenSource;

  constructor(options: ClientOptions) {
    this.#settings = parseSettings(options);
    this.#tokens = new TokenSource(this.#settings);
  }

  /**
   * Calls `fn` with a live access token. Where the provider refuses it, with a `Response` or a fault of status 401, the
   * client tells the hub and calls `fn` once more with what the hub answers then.
   * @throws GrantkeepError where the hub has no token to give; every fault of `fn` as it is
   */
  async withToken<Result>(
    connection: ConnectionRef,
    fn: (token: AccessToken) => Result,
    use: Use = {},
  ): Promise<Awaited<Result>> {
    const wanted = { ...use, connection: connectionId(connection) };
    const token = await this.getToken(connection, use);
    const first = await outcomeOf(() => fn(token));
    if (!isRefused(first)) return settle(first);
    const other = await this.#tokens.replace(wanted, token);
    if (other === undefined) return settle(first);
    this.#requireScopes(wanted.connection, other, use);
    if (other.value === token.value) await sleep(Math.min(pauseMs, this.#settings.maxWaitMs));
    // Unread, it would keep its socket.
    if ('result' in first && first.result instanceof Response) await first.result.body?.cancel();
    return settle(await outcomeOf(() => fn(other)));
  }

  /** A live access token, for what `withToken` does not fit. Nothing reports it where the provider refuses it. @throws GrantkeepError */
  async getToken(connection: ConnectionRef, use: Use = {}): Promise<AccessToken> {
    const id = connectionId(connection);
    const token = await this.#tokens.get({ ...use, connection: id });
    this.#requireScopes(id, token, use);
    return token;
  }

  /** Calls an operation of the API by its `operationId`. @throws GrantkeepError */
  async call<Id extends OperationId>(operation: Id, ...[input]: Optional<InputOf<Id>>): Promise<AnswerOf<Id>> {
    return callHub(this.#settings, operation, input ?? ({} as InputOf<Id>));
  }

  /** Drops the kept tokens of a connection, as after the message `connection.revoked`. */
  forget(connection: ConnectionRef): void {
    this.#tokens.forget(connectionId(connection));
  }

  #requireScopes(id: string, token: AccessToken, { scopes = [] }: Use): void {
    const missingScopes = scopes.filter((scope) => token.missingScopes.includes(scope));
    if (missingScopes.length === 0) return;
    const link = new URLSearchParams({ provider: token.provider, return_to: `/connections/${id}` });
    const consentUrl = `${this.#settings.origin}/connect?${link}`;
    const message = `The connection lacks ${missingScopes.join(', ')}. Its person can add it at the hub.`;
    throw new GrantkeepError('missing_scope', message, { missingScopes, consentUrl });
  }
}

/** Makes a client of a hub. @throws TypeError for options that cannot be right */
export function createClient(options: ClientOptions): GrantkeepClient {
  return new GrantkeepClient(options);
}
