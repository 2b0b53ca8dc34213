import { createHash } from 'node:crypto';
import { AccessToken } from './access-token.ts';
import type { Token } from './api.ts';
import { BoundedMap } from './bounded-map.ts';
import { callHub, foreignAnswer } from './call-hub.ts';
import { isGrantkeepError } from './errors.ts';
import type { Settings } from './settings.ts';

/** Whose token, and for what. */
export interface Wanted {
  connection: string;
  purpose?: string | undefined;
  scopes?: readonly string[] | undefined;
}

interface Kept {
  token: AccessToken;
  /** By the process's own clock, in milliseconds. */
  until: number;
}

/** One question to the hub, which all share who ask meanwhile. */
interface Flight {
  token: Promise<AccessToken>;
  reports: boolean;
}

/** How long a token that the hub has nothing newer for is not reported again, unless the hub says. */
const quietSeconds = 30;

/** A token is not used for the last minute of its life, nor for the last half of a shorter rest. */
function usableMs({ expires_in: left }: Token, cacheMs: number): number {
  return left === null ? cacheMs : Math.min(cacheMs, Math.max(0, left - Math.min(60, left / 2)) * 1000);
}

const fingerprintOf = (token: AccessToken): string => createHash('sha256').update(token.value).digest('base64');

/** Asks the hub for tokens, once for all callers who want the same at one time, and keeps them for a while. */
export class TokenSource {
  readonly #settings: Settings;
  readonly #kept: BoundedMap<Kept>;
  readonly #flights = new Map<string, Flight>();
  /** Until when a token is not reported again, by its fingerprint. */
  readonly #quiet: BoundedMap<number>;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#kept = new BoundedMap(settings.cacheSize);
    this.#quiet = new BoundedMap(settings.cacheSize);
  }

  /** A live token. @throws GrantkeepError */
  async get(wanted: Wanted): Promise<AccessToken> {
    const key = keyOf(wanted);
    const kept = this.#kept.get(key);
    if (kept && performance.now() < kept.until) return kept.token;
    return (this.#flights.get(key) ?? this.#begin(key, wanted)).token;
  }

  /**
   * Reports a token that the provider refused, once for all callers who were refused, and answers the token to try
   * instead. It is the same where the hub has no other; undefined where the hub said so just now.
   * @throws GrantkeepError
   */
  async replace(wanted: Wanted, refused: AccessToken): Promise<AccessToken | undefined> {
    const key = keyOf(wanted);
    const kept = this.#kept.get(key);
    if (kept && kept.token.value !== refused.value) return kept.token;
    if (performance.now() < (this.#quiet.get(fingerprintOf(refused)) ?? 0)) return undefined;
    let flight = this.#flights.get(key);
    while (flight && !flight.reports) {
      const token = await flight.token;
      if (token.value !== refused.value) return token;
      flight = this.#flights.get(key);
    }
    return (flight ?? this.#begin(key, wanted, refused)).token;
  }

  /** Drops the tokens of a connection, also the one that is under way. */
  forget(connection: string): void {
    for (const map of [this.#kept, this.#flights])
      for (const key of map.keys()) if (key.startsWith(`${connection} `)) map.delete(key);
  }

  #begin(key: string, wanted: Wanted, refused?: AccessToken): Flight {
    this.#kept.delete(key);
    const flight: Flight = { token: this.#ask(wanted, refused, keep.bind(this)), reports: refused !== undefined };
    this.#flights.set(key, flight);
    flight.token.finally(() => this.#isCurrent(key, flight) && this.#flights.delete(key)).catch(() => undefined);
    return flight;

    function keep(this: TokenSource, token: AccessToken, until: number): void {
      // What was forgotten meanwhile is not kept.
      if (this.#isCurrent(key, flight)) this.#kept.set(key, { token, until });
    }
  }

  #isCurrent(key: string, flight: Flight): boolean {
    return this.#flights.get(key) === flight;
  }

  async #ask(
    { connection, purpose, scopes }: Wanted,
    refused: AccessToken | undefined,
    keep: (token: AccessToken, until: number) => void,
  ): Promise<AccessToken> {
    const fingerprint = refused && fingerprintOf(refused);
    const body = {
      ...(fingerprint === undefined ? {} : { rejected_token_fingerprint: fingerprint }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(scopes === undefined ? {} : { scopes: [...scopes] }),
    };
    // The seconds that are left count from before the request.
    const begun = performance.now();
    const path = { id: connection };
    try {
      const answer = await callHub(
        this.#settings,
        'vendToken',
        Object.keys(body).length > 0 ? { path, body } : { path },
      );
      if (typeof answer.access_token !== 'string') throw foreignAnswer(200);
      const token = new AccessToken(answer);
      if (fingerprint !== undefined && token.value === refused?.value) this.#hush(fingerprint, quietSeconds);
      keep(token, begun + usableMs(answer, this.#settings.cacheMs));
      return token;
    } catch (error) {
      if (!refused || fingerprint === undefined || !isGrantkeepError(error, 'refreshed_lately')) throw error;
      this.#hush(fingerprint, error.retryAfterSeconds ?? quietSeconds);
      return refused;
    }
  }

  #hush(fingerprint: string, seconds: number): void {
    this.#quiet.set(fingerprint, performance.now() + seconds * 1000);
  }
}

/** One entry a statement: the hub's ledger has each purpose with its own read. */
function keyOf({ connection, purpose, scopes }: Wanted): string {
  return `${connection} ${JSON.stringify([purpose, scopes && [...scopes].sort()])}`;
}
