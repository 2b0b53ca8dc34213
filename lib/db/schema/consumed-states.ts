import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';

/** States that came back once. The primary key is what makes a state good once, also across processes. */
export const consumedStates = pgTable(
  'consumed_states',
  { stateHash: text().primaryKey(), expiresAt: instant().notNull() },
  (t) => [index('consumed_states_expiry').on(t.expiresAt)],
);
