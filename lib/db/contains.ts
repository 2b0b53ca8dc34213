import { type Column, ilike, type SQL } from 'drizzle-orm';

/** True where the text occurs in the column, in any case of letters; `%` and `_` in it stand for themselves. */
export function contains(column: Column, text: string): SQL {
  return ilike(column, `%${text.replace(/[\\%_]/g, '\\$&')}%`);
}
