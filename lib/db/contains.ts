import { type Column, type SQL, sql } from 'drizzle-orm';

/**
 * True where the text occurs in a column of small letters, in any case of letters; `%`, `_` and `\\` in it stand for
 * themselves. The database folds the case, as it did the column's: so both know the same letters.
 */
export function contains(column: Column, text: string): SQL {
  return sql`${column} like lower(${`%${text.replace(/[\\%_]/g, '\\$&')}%`}::text)`;
}
