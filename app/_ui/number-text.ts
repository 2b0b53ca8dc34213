const format = new Intl.NumberFormat('en-US');

/** “1,234”, or “1,000+” where the count stopped. */
export function numberText(counted: number | { count: number; capped: boolean }): string {
  if (typeof counted === 'number') return format.format(counted);
  return `${format.format(counted.count)}${counted.capped ? '+' : ''}`;
}
