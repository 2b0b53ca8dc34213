import { z } from 'zod';
import { AppError } from '#lib/errors';

// Nothing that the database cannot read, such as the year 0 or a NUL.
const position = z.strictObject({
  at: z.iso.datetime().regex(/^(?!0000)/),
  id: z.string().regex(/^[a-z0-9_]{1,64}$/),
  sort: z.string().max(20),
});

/** Where a keyset-ordered list goes on: after the row made at that moment with that id. */
export type Position = z.infer<typeof position>;

/** A page of a keyset-ordered list. The cursor is opaque; null at the end. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** A position as opaque text for the next request. */
export function encodeCursor(value: Position): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/**
 * The position that `encodeCursor` wrote, for the same order.
 * @throws AppError `invalid_request` for text of another making
 */
export function decodeCursor(text: string, sort: string): Position {
  try {
    const parsed = position.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
    if (parsed.sort === sort) return parsed;
  } catch (cause) {
    throw invalid(cause);
  }
  throw invalid();
}

const invalid = (cause?: unknown) =>
  new AppError('invalid_request', { cause, issues: [{ path: 'cursor', message: 'is not a cursor of this list' }] });
