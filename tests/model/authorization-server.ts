/** A grant at the model of an authorization server. */
export interface Family {
  alive: boolean;
  /** Tokens that were not replaced: one, unless a forgiven one was used again. */
  live: Set<string>;
  /** Replaced tokens that are still taken, each with the moment (milliseconds) until which. */
  forgiven: Map<string, number>;
  /** Somebody else showed a token of it. */
  thief: boolean;
  /** How often a token of it was replaced. */
  rotations: number;
}

/**
 * A model of an authorization server that replaces the refresh token at each use, ends the grant when a replaced one is
 * shown again (RFC 9700 §4.14.2), and forgives one for `leewaySeconds`. It does what it does at once; what is on its way
 * to it and back is the world's.
 */
export class AuthorizationServer {
  readonly leewaySeconds: number;
  readonly #now: () => number;
  readonly #families = new Map<string, Family>();

  constructor(leewaySeconds: number, now: () => number) {
    this.leewaySeconds = leewaySeconds;
    this.#now = now;
  }

  /** Makes a grant of that name and answers its refresh token. */
  grant(name: string): string {
    const token = `rt.${name}.0`;
    this.#families.set(name, { alive: true, live: new Set([token]), forgiven: new Map(), thief: false, rotations: 0 });
    return token;
  }

  family(name: string): Family {
    const found = this.#families.get(name);
    if (!found) throw new Error(`no grant ${name}`);
    return found;
  }

  accepts(token: string): boolean {
    const [, name = ''] = token.split('.');
    const family = this.#families.get(name);
    if (!family?.alive) return false;
    return family.live.has(token) || (family.forgiven.get(token) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }

  /** Takes a refresh token: the one that replaces it, or null, after which the grant is over. */
  refresh(token: string): string | null {
    const [, name = ''] = token.split('.');
    const family = this.#families.get(name);
    if (!family?.alive) return null;
    if (!this.accepts(token)) {
      family.alive = false;
      return null;
    }
    if (family.live.delete(token)) family.forgiven.set(token, this.#now() + this.leewaySeconds * 1000);
    family.rotations += 1;
    const next = `rt.${name}.${family.rotations}`;
    family.live.add(next);
    return next;
  }

  revoke(token: string): void {
    const [, name = ''] = token.split('.');
    const family = this.#families.get(name);
    if (family && this.accepts(token)) family.alive = false;
  }
}
