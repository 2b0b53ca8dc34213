import type { ServerStore } from '#demo/store';
import { initialSwitches, type Switches, setSwitches } from '#demo/switches';

/** For whom something is switched, expired or ended at a server: a person, a client, both, or everybody (neither). */
export interface Target {
  subject?: string | undefined;
  client?: string | undefined;
}

/** A server's switches, for everybody and for single people and clients. The narrowest target that sets a switch wins. */
export class ScopedSwitches {
  /** Those of everybody. */
  readonly all: Switches;
  readonly #initial: Partial<Switches>;
  readonly #own = new Map<string, Partial<Switches>>();

  constructor(initial: Partial<Switches>) {
    this.#initial = initial;
    this.all = initialSwitches(initial);
  }

  /** The switches that a request of this person and client meets. */
  for(target: Target): Switches {
    return Object.assign({}, this.all, ...this.#narrowing(target).toReversed());
  }

  /** Throws a RangeError for a name that is no switch. */
  set(target: Target, input: Record<string, unknown>): Switches {
    if (isEverybody(target)) setSwitches(this.all, input);
    else {
      const own = { ...this.#own.get(keyOf(target)) };
      setSwitches(own, input);
      this.#own.set(keyOf(target), own);
    }
    return this.for(target);
  }

  /** Forgets what was set for this target; without one, everything that was ever set. */
  reset(target: Target = {}): void {
    if (!isEverybody(target)) return void this.#own.delete(keyOf(target));
    this.#own.clear();
    Object.assign(this.all, initialSwitches(this.#initial));
  }

  /** True where the answer to this refresh is to be dropped. Counts down where the switch is a number. */
  takeDrop(target: Target): boolean {
    const holder = this.#narrowing(target).find((own) => own.drop_answer !== undefined) ?? this.all;
    const { drop_answer: drop = false } = holder;
    if (typeof drop === 'boolean') return drop;
    if (drop < 1) return false;
    holder.drop_answer = drop - 1;
    return true;
  }

  /** What was set for this target and for the wider ones that it lies in, the narrowest first. */
  #narrowing({ subject, client }: Target): Partial<Switches>[] {
    const targets = [subject && client ? { subject, client } : {}, { subject }, { client }];
    return targets.filter((one) => !isEverybody(one)).flatMap((one) => this.#own.get(keyOf(one)) ?? []);
  }
}

export const isEverybody = ({ subject, client }: Target): boolean => !subject && !client;

const keyOf = ({ subject = '', client = '' }: Target): string => JSON.stringify([subject, client]);

/** The person and client of a live code or token. Neither for any other text. */
export function targetOf(store: ServerStore, codeOrToken: string | null | undefined): Target {
  for (const model of ['AccessToken', 'RefreshToken', 'AuthorizationCode']) {
    const payload = codeOrToken ? store.get(model, codeOrToken)?.payload : undefined;
    if (payload) return targetOfPayload(payload);
  }
  return {};
}

/** The person and client of a stored grant, code or token. */
export function targetOfPayload({ accountId, clientId }: Record<string, unknown>): Target {
  return { subject: String(accountId ?? ''), client: String(clientId ?? '') };
}
