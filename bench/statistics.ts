/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new Error('There is no median of nothing.');
  return (lower + upper) / 2;
}

/** The median of one field over several rounds. */
export function medianOf<T>(rounds: readonly T[], field: (round: T) => number): number {
  return median(rounds.map(field));
}

/** A number with so many significant digits, for tables and results: more would pretend to a precision that is not there. */
export function rounded(value: number, digits = 4): number {
  return Number(value.toPrecision(digits));
}

/** The same items in an order that a seed decides (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as T, mixed[last] as T];
  }
  return mixed;
}

/** The items from `offset` on, then those before: each round begins with another case. */
export function rotated<T>(items: readonly T[], offset: number): T[] {
  const at = items.length === 0 ? 0 : offset % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
