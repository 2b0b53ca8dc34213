import type { z } from 'zod';
import { AppError } from '#lib/errors';

/**
 * The dotted path of the first text with a zero byte, which no text of PostgreSQL can hold, or with half of a surrogate pair,
 * which its JSON cannot; null where there is none.
 */
function unstorableIn(value: unknown, path = ''): string | null {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null;
  if (typeof value !== 'object' || value === null || value instanceof Date) return null;
  for (const [name, part] of Object.entries(value)) {
    const found = unstorableIn(part, path === '' ? name : `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

/**
 * A verb's input after its schema. A text that the database cannot hold is refused whatever the schema says.
 * @throws AppError `invalid_request` with every fault by its path; values are not quoted, they may be secret. `not_found`
 *   for such an `id`
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) {
    const path = unstorableIn(parsed.data);
    if (path === null) return parsed.data;
    // Nothing has such an id.
    if (path === 'id') throw new AppError('not_found');
    throw new AppError('invalid_request', {
      issues: [{ path, message: 'must not hold a zero byte or half of a character' }],
    });
  }
  throw new AppError('invalid_request', { issues: issuesOf(parsed.error), cause: parsed.error });
}

/** The faults that a schema found, each with the dotted path of its field. */
export function issuesOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
}
