import type { z } from 'zod';
import { AppError } from '#lib/errors';

/**
 * A verb's input after its schema.
 * @throws AppError `invalid_request` with every fault by its path; values are not quoted, they may be secret
 */
export function parseInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new AppError('invalid_request', { issues: issuesOf(parsed.error), cause: parsed.error });
}

/** The faults that a schema found, each with the dotted path of its field. */
export function issuesOf(error: z.ZodError): { path: string; message: string }[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
}
