import type { Oddity } from '#demo/odd/oddity';
import { accountRows } from '#demo/odd/rows/accounts';
import { askingRows } from '#demo/odd/rows/asking';
import { clientRows } from '#demo/odd/rows/client';
import { documentedRows } from '#demo/odd/rows/documented';
import { identityRows } from '#demo/odd/rows/identity';
import { refusalRows } from '#demo/odd/rows/refusals';
import { reportedFields, reportedRows } from '#demo/odd/rows/reported';
import { scopeRows } from '#demo/odd/rows/scopes';
import { tokenRows } from '#demo/odd/rows/tokens';

/** Everything that Odd can do otherwise than the standards say. */
export const oddities: readonly Oddity[] = [
  ...[...clientRows, ...askingRows, ...scopeRows, ...reportedFields],
  ...[...tokenRows, ...identityRows, ...refusalRows, ...accountRows, ...reportedRows],
];

/** @throws RangeError for a name that no row has */
export function odditiesNamed(names: readonly string[]): Oddity[] {
  const all = [...oddities, ...documentedRows];
  const unknown = names.find((name) => !all.some((oddity) => oddity.name === name));
  if (unknown !== undefined) throw new RangeError(`Odd has no oddity called ${unknown}.`);
  // The inner of an answer is edited before it is put elsewhere, as the table has it.
  return all.filter(({ name }) => names.includes(name));
}

/** True where the two touch no part of a server both. */
export const goTogether = (one: Oddity, other: Oddity): boolean =>
  one.touches.every((part) => !other.touches.includes(part));
