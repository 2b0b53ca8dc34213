import { z } from 'zod';

/** Search is by trigrams: fewer letters would have to look at every row. */
export const leastLetters = 3;

/** True where the text has the letters or digits that a search needs. */
export function isSearchable(text: string): boolean {
  return (text.match(/[\p{L}\p{N}]/gu)?.length ?? 0) >= leastLetters;
}

/** Text to search for; absent where it is empty. */
export const searchText = z
  .string()
  .trim()
  .max(200)
  .refine((text) => text === '' || isSearchable(text), `needs at least ${leastLetters} letters or digits`)
  .optional();
