import type { Context } from '#lib/context';
import type { RefusedAnswer } from '#lib/revocation/plan-refused';
import type { Place } from '#lib/vault/vault';

/** A grant that waits for its application, and all that ends it where the application does not come. */
export interface HeldGrant<G> {
  grant: G;
  /** The tokens of the answer as the revocations take them. The first has the answer's id. */
  ending: RefusedAnswer[];
}

const place = (id: string): Place => ({ row: id, column: 'connect_sessions.held_grant' });

export const sealHeld = <G>({ vault }: Context, id: string, held: HeldGrant<G>): Promise<string> =>
  vault.seal(JSON.stringify(held), place(id));

/** @throws AppError as `Vault.open` */
export const openHeld = <G>({ vault }: Context, id: string, sealed: string): HeldGrant<G> =>
  JSON.parse(vault.open(sealed, place(id))) as HeldGrant<G>;
