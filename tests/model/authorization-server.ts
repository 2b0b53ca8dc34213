/** A grant at the model of an authorization server. */
export interface Family {
  alive: boolean;
  /** What ended it: a replaced token that was shown again, or a revocation. */
  ended: 'reuse' | 'revocation' | null;
  /** Tokens that were not replaced: one, unless a forgiven one was used again. */
  live: Set<string>;
  /** Replaced tokens that are still taken, each with the moment (milliseconds) until which. */
  forgiven: Map<string, number>;
  /** Somebody else showed a token of it. */
  thief: boolean;
  /** How often a token of it was replaced. */
  rotations: number;
}

/** The grant that a token of this model is of: `rt.<grant>.<number>`, `at.rt.<grant>.<number>`. */
export const grantOf = (token: string): string => /^(?:at\.)?rt\.([^.]+)\.\d+$/.exec(token)?.[1] ?? '';

/**
 * A model of an authorization server that replaces the refresh token at each use, ends the grant when a replaced one is
 * shown again (RFC 9700 §4.14.2) or a token of it is revoked (RFC 7009), and forgives a replaced one for
 * `leewaySeconds`. It acts at once; the network has the requests and answers on their way.
 */
export class AuthorizationServer {
  readonly leewaySeconds: number;
  readonly families = new Map<string, Family>();
  readonly #now: () => number;

  constructor(leewaySeconds: number, now: () => number) {
    this.leewaySeconds = leewaySeconds;
    this.#now = now;
  }

  /** Makes a grant of that name and answers its refresh token. */
  grant(name: string): string {
    const token = `rt.${name}.0`;
    const family: Family = {
      ...{ alive: true, ended: null, thief: false, rotations: 0 },
      ...{ live: new Set([token]), forgiven: new Map() },
    };
    this.families.set(name, family);
    return token;
  }

  family(name: string): Family {
    const found = this.families.get(name);
    if (!found) throw new Error(`no grant ${name}`);
    return found;
  }

  accepts(token: string): boolean {
    const family = this.families.get(grantOf(token));
    if (!family?.alive) return false;
    return family.live.has(token) || (family.forgiven.get(token) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }

  /** Takes a refresh token: the one that replaces it, or null, after which the grant is over. */
  refresh(token: string): string | null {
    const name = grantOf(token);
    const family = this.families.get(name);
    if (!family?.alive) return null;
    if (!this.accepts(token)) {
      Object.assign(family, { alive: false, ended: 'reuse' });
      return null;
    }
    if (family.live.delete(token)) family.forgiven.set(token, this.#now() + this.leewaySeconds * 1000);
    family.rotations += 1;
    const next = `rt.${name}.${family.rotations}`;
    family.live.add(next);
    return next;
  }

  /** Whether an access token is taken: its grant lives. */
  takesAccessToken(token: string): boolean {
    return this.families.get(grantOf(token))?.alive === true;
  }

  /** Ends the grant of a token that it knows; a replaced one does nothing, as RFC 7009 §2.2 allows. */
  revoke(token: string): void {
    const family = this.families.get(grantOf(token));
    if (!family?.alive) return;
    if (token.startsWith('at.') || this.accepts(token)) Object.assign(family, { alive: false, ended: 'revocation' });
  }
}
