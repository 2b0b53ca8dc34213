import { type ExportedRow, exportedColumns } from '#lib/audit/export-ledger';
import { readNames } from '#lib/audit/list-ledger';
import type { Context } from '#lib/context';

/** Rows that are named by one statement. */
const atOnce = 200;

/** An exported entry with the names that its ids have today; null where an id has none. */
export type NamedRow = ExportedRow & {
  actor_name: string | null;
  person_name: string | null;
  api_key_name: string | null;
};

/** The names of an id's column and of the column with its name. */
const namesOf = { actor_id: 'actor_name', person_id: 'person_name', api_key_id: 'api_key_name' } as const;

/** The columns of a file with names: each name stands behind its id. */
export const namedColumns = exportedColumns.flatMap((column): (keyof NamedRow)[] =>
  column in namesOf ? [column, namesOf[column as keyof typeof namesOf]] : [column],
);

/** The same rows, with names for people to read. The ledger has none, and the other form of the file neither. */
export async function* withNames(ctx: Context, rows: AsyncIterable<ExportedRow>): AsyncGenerator<NamedRow> {
  let waiting: ExportedRow[] = [];
  const named = async () => {
    const ids = waiting.flatMap((row) => [row.actor_id, row.person_id, row.api_key_id].filter((id) => id !== null));
    const kinds = (prefix: string) => ids.filter((id) => id.startsWith(prefix));
    const names = await readNames(ctx.database.db, kinds('per_'), kinds('key_'));
    const name = (id: string | null) => (id === null ? null : (names.get(id) ?? null));
    return waiting.map((row) => ({
      ...row,
      actor_name: name(row.actor_id),
      person_name: name(row.person_id),
      api_key_name: name(row.api_key_id),
    }));
  };
  for await (const row of rows) {
    waiting.push(row);
    if (waiting.length < atOnce) continue;
    yield* await named();
    waiting = [];
  }
  yield* await named();
}
