import type { OfferedList } from '#lib/db/schema/connections';
import { digestOf } from '#lib/vault/vault';

type Extras = Record<string, string | number | boolean>;

/** By what a form names an entry: its own content, so that a list that changed meanwhile gives no other one. */
export const entryKey = ({ extras }: { extras: Extras }): string => digestOf(Object.entries(extras).flat().map(String));

/** The entry that the connection has; undefined until the person has chosen. */
export const chosenOf = ({ entries }: OfferedList, extras: Extras): OfferedList['entries'][number] | undefined =>
  entries.find((entry) => Object.entries(entry.extras).every(([name, value]) => extras[name] === value));

/** Earlier choices that are offered still: a reconnect asks the person for nothing that is settled. */
export function keptChoices(offered: readonly OfferedList[], before: Extras): Extras {
  return Object.assign({}, ...offered.map((list) => chosenOf(list, before)?.extras ?? {}));
}
