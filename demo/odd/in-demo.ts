import { oddRecord } from '#demo/odd/record';
import { type Odd, startOdd } from '#demo/odd/server';
import { clash, switchesOf } from '#demo/odd/switches-page';
import { odditiesNamed } from '#demo/odd/table';

/** Where Odd stands beside the demo's servers. */
export const oddPort = 4406;

/**
 * Starts Odd with the page of its switches.
 * @param names of rows, joined by commas; `none` for a server that keeps to the standards
 * @throws RangeError for a name that no row has, and for rows that do not go together
 */
export async function startOddInDemo(
  names: string,
  { port, appUrls }: { port: number; appUrls: readonly string[] },
): Promise<{ odd: Odd; record: Record<string, unknown> }> {
  const on = odditiesNamed(names.split(',').filter((name) => name !== 'none' && name !== ''));
  const clashing = clash(on);
  if (clashing) throw new RangeError(`${clashing[0].name} and ${clashing[1].name} do not go together.`);
  const told: { record: Record<string, unknown> } = { record: {} };
  const odd = await startOdd({ port, appUrls, on, otherwise: switchesOf(() => told.record) });
  told.record = oddRecord(odd, on);
  return { odd, record: told.record };
}
