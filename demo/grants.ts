import { type Target, targetOfPayload } from '#demo/scoped-switches';
import type { ServerStore } from '#demo/store';

/** Whose grants, and which: one by its id, or those of a target. */
export interface GrantsOf extends Target {
  grant?: string | undefined;
}

const tokenModels = ['AccessToken', 'RefreshToken', 'AuthorizationCode'];

/** The grants of a server: who gave which, their ends, and a clock for their tokens. */
export class Grants {
  readonly #store: ServerStore;

  constructor(store: ServerStore) {
    this.#store = store;
  }

  list(of: GrantsOf): Required<GrantsOf>[] {
    return [...this.#store.list('Grant')].flatMap(([key, { payload }]) => {
      const { subject = '', client = '' } = targetOfPayload(payload);
      const grant = key.slice('Grant:'.length);
      const own: Required<GrantsOf> = { grant, subject, client };
      return (['grant', 'subject', 'client'] as const).every((name) => !of[name] || of[name] === own[name])
        ? [own]
        : [];
    });
  }

  /** Ends grants with all their tokens, as a person does at the provider. Answers how many. */
  end(of: GrantsOf): number {
    const ended = this.list(of);
    for (const { grant } of ended) {
      for (const model of tokenModels) this.#store.deleteWhere(model, (payload) => payload.grantId === grant);
      this.#store.delete('Grant', grant);
      this.#store.delete('GrantNote', grant);
    }
    return ended.length;
  }

  /**
   * Moves the clock of tokens: they end so many seconds from now. Answers how many.
   * @param kind the tokens that end: access tokens, or refresh tokens too
   */
  expire(of: GrantsOf, inSeconds: number, kind: 'access' | 'all' = 'access'): number {
    const grants = new Set(this.list(of).map(({ grant }) => grant));
    const exp = Math.floor(Date.now() / 1000) + inSeconds;
    let moved = 0;
    for (const model of kind === 'all' ? ['AccessToken', 'RefreshToken'] : ['AccessToken']) {
      moved += this.#store.change(model, ({ payload }) =>
        grants.has(String(payload.grantId)) ? { model, payload: { ...payload, exp }, expires: exp * 1000 } : null,
      );
    }
    return moved;
  }
}
