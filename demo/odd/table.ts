import type { Oddity } from '#demo/odd/oddity';
import { askingRows } from '#demo/odd/rows/asking';
import { clientRows } from '#demo/odd/rows/client';
import { documentedRows } from '#demo/odd/rows/documented';
import { identityRows } from '#demo/odd/rows/identity';
import { refusalRows } from '#demo/odd/rows/refusals';
import { scopeRows } from '#demo/odd/rows/scopes';
import { tokenRows } from '#demo/odd/rows/tokens';

/** Everything that Odd can do otherwise than the standards say. */
export const oddities: readonly Oddity[] = [
  ...[...clientRows, ...askingRows, ...scopeRows],
  ...[...tokenRows, ...identityRows, ...refusalRows],
];

/** @throws RangeError for a name that no row has */
export function odditiesNamed(names: readonly string[]): Oddity[] {
  return names.map((name) => {
    const found = [...oddities, ...documentedRows].find((oddity) => oddity.name === name);
    if (!found) throw new RangeError(`Odd has no oddity called ${name}.`);
    return found;
  });
}

/** True where the two touch no part of a server both. */
export const goTogether = (one: Oddity, other: Oddity): boolean =>
  one.touches.every((part) => !other.touches.includes(part));
