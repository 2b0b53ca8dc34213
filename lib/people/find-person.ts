import type { Context } from '#lib/context';
import { AppError } from '#lib/errors';
import { findByEmail } from '#lib/people/find-by-email';

/**
 * The id of the person that an id or an e-mail address names. An id is taken as it is.
 * @throws AppError `unauthenticated`, `forbidden`, `not_found`, `conflict` where several people have that address
 */
export async function findPerson(ctx: Context, named: string): Promise<string> {
  if (!named.includes('@')) return named;
  const [found, another] = await findByEmail(ctx, named);
  if (!found) throw new AppError('not_found', { message: 'No person here has this e-mail address.' });
  if (another) {
    throw new AppError('conflict', {
      message: 'Several people here have this e-mail address. Name the one you mean by the id that their page shows.',
    });
  }
  return found;
}
