import { createHash, randomBytes } from 'node:crypto';

export interface OddPerson {
  subject: string;
  name: string;
  login: string;
  email: string;
}

/** What a person agreed to, with the request that asked for it. */
export interface Grant {
  readonly id: string;
  readonly person: OddPerson;
  readonly scopes: readonly string[];
  /** The authorization request, in standard names. */
  readonly request: Readonly<Record<string, string>>;
  /** The account's parts of the addresses. */
  readonly parts: Readonly<Record<string, string>>;
  readonly at: number;
  ended: boolean;
}

/** Tokens that were made for an answer. */
export interface Issued {
  access_token: string;
  refresh_token: string;
  /** Seconds. */
  expires_in: number;
  /** As the standards have it: joined by spaces. */
  scope: string;
  scopes: readonly string[];
  person: OddPerson;
  parts: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  issued_at: number;
  /** The ID token, where `openid` was asked for with the code. */
  id_token?: string | undefined;
}

interface Token {
  kind: 'access_token' | 'refresh_token';
  grant: Grant;
  endsAt: number;
  used: boolean;
}

const accessTokenSeconds = 3600;
const refreshTokenSeconds = 30 * 86_400;
const random = () => randomBytes(24).toString('base64url');

/** The codes, grants and tokens of a server, in memory. */
export class Grants {
  readonly #codes = new Map<string, { grant: Grant; used: boolean }>();
  readonly #tokens = new Map<string, Token>();
  readonly #all: Grant[] = [];

  agree(given: Omit<Grant, 'id' | 'at' | 'ended'>): { code: string; grant: Grant } {
    const grant: Grant = { ...given, id: random(), at: Date.now(), ended: false };
    const code = `odd_code_${random()}`;
    this.#codes.set(code, { grant, used: false });
    this.#all.push(grant);
    return { code, grant };
  }

  /** The grant of a code, once: the second time its tokens end (RFC 6749 §4.1.2). */
  takeCode(code: string, verifier: string | null, redirectUri: string | null): Grant | null {
    const found = this.#codes.get(code);
    if (!found || found.grant.ended) return null;
    const { grant } = found;
    if (found.used) grant.ended = true;
    found.used = true;
    const challenge = grant.request.code_challenge;
    const proved = createHash('sha256')
      .update(verifier ?? '')
      .digest('base64url');
    const right = (challenge === undefined || challenge === proved) && redirectUri === grant.request.redirect_uri;
    return right && !grant.ended && Date.now() - grant.at < 600_000 ? grant : null;
  }

  /** The redirect URI that a code was asked for with. */
  redirectUriOf(code: string): string | null {
    return this.#codes.get(code)?.grant.request.redirect_uri ?? null;
  }

  /** The grant of a refresh token, once: one that comes again ends the grant (RFC 9700 §4.14.2). */
  takeRefreshToken(token: string): Grant | null {
    const found = this.#live(token, 'refresh_token');
    if (!found) return null;
    if (found.used) found.grant.ended = true;
    found.used = true;
    return found.grant.ended ? null : found.grant;
  }

  issue(grant: Grant, refreshToken: string | null = null): Issued {
    const access_token = `odd_at_${random()}`;
    const refresh_token = refreshToken ?? `odd_rt_${random()}`;
    const now = Date.now();
    const add = (value: string, kind: Token['kind'], seconds: number) =>
      this.#tokens.set(value, { kind, grant, endsAt: now + seconds * 1000, used: false });
    add(access_token, 'access_token', accessTokenSeconds);
    if (!refreshToken) add(refresh_token, 'refresh_token', refreshTokenSeconds);
    const { scopes, person, parts } = grant;
    const issued = { scopes, scope: scopes.join(' '), person, parts, issued_at: now };
    return { access_token, refresh_token, expires_in: accessTokenSeconds, ...issued };
  }

  #live(value: string, kind?: Token['kind']): Token | null {
    const token = this.#tokens.get(value);
    if (!token || token.grant.ended || token.endsAt <= Date.now() || (kind && token.kind !== kind)) return null;
    return token;
  }

  /** What a live token is. A refresh token that was spent is none. */
  look(value: string): Pick<Token, 'kind' | 'grant' | 'endsAt'> | null {
    const token = this.#live(value);
    return token?.used ? null : token;
  }

  /** Ends the grant of a token; false where there is none. */
  revoke(value: string): boolean {
    const token = this.#tokens.get(value);
    if (!token || token.grant.ended) return false;
    token.grant.ended = true;
    return true;
  }

  /** Lets a spent refresh token go on, and forgets the one that was issued for it. */
  keepRefreshToken(spent: string, issued: string): void {
    const token = this.#tokens.get(spent);
    if (token) token.used = false;
    this.#tokens.delete(issued);
  }

  /** Ends grants as a person does it at the provider. Answers how many. */
  withdraw(subject?: string): number {
    const ending = this.#all.filter(({ ended, person }) => !ended && (!subject || person.subject === subject));
    for (const grant of ending) grant.ended = true;
    return ending.length;
  }

  /** How many tokens work. */
  alive(): number {
    return [...this.#tokens.keys()].filter((value) => this.look(value)).length;
  }
}
