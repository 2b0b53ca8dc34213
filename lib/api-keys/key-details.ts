import { z } from 'zod';
import { oneLine } from '#lib/plain-text';

/** One line of visible text, or null where nothing was written. */
const line = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')
    .transform((text) => (text === '' ? null : text))
    .nullable()
    .default(null);

/** What people read about a key. */
export const keyDetailFields = {
  name: z.string().overwrite(oneLine).trim().min(1, 'must not be empty').max(100),
  purpose: line(200),
  owner: line(100),
};
