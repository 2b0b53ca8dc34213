import type { Context } from '#lib/context';
import { transactAs } from '#lib/sign-in/transact-as';

/** Rows between two looks at who asks. */
const rowsBetween = 1_000;

/**
 * The rows, as long as the person who asked for them may act: a reader takes a long file as slowly as they like, and it ends with
 * their session and their role.
 * @throws AppError `unauthenticated`, `person_disabled`, `forbidden`
 */
export async function* whileActs<T>(ctx: Context, rows: AsyncIterable<T>, every = rowsBetween): AsyncGenerator<T> {
  const look = () => transactAs(ctx, async () => undefined);
  await look();
  let taken = 0;
  for await (const row of rows) {
    if (taken > 0 && taken % every === 0) await look();
    taken += 1;
    yield row;
  }
}
