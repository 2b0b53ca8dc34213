import { describe, expect, test } from 'vitest';
import { runLookups } from '#lib/oauth/run-lookups';
import { depsFor, quirkyRecord } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';

const names = Array.from({ length: 16 }, (_, at) => `field${at}`);

/** The extras that are found where the server lists these sites, each with as many fields of some length. */
async function offeredOf(sites: number, fieldLength: number) {
  const server = await quirkyServer();
  const site = (n: number) => ({
    name: `Site ${n}`,
    ...Object.fromEntries(names.map((name) => [name, `${n}-`.padEnd(fieldLength, 'x')])),
  });
  server.on('GET /sites', { json: Array.from({ length: sites }, (_, n) => site(n)) });
  const fields = Object.fromEntries(names.map((name) => [name, name]));
  const lookups = [{ endpoint: `${server.url}/sites`, choose: true, name: 'site', fields }];
  const record = quirkyRecord(server, { lookups });
  return runLookups(record, record.lookups, { token: 'at', values: {} }, ['at'], depsFor(record));
}

describe('a list of which the person chooses', () => {
  test('is whole where it is short', async () => {
    const { offered } = await offeredOf(3, 20);
    expect(offered[0]?.entries.map(({ label }) => label)).toEqual(['Site 0', 'Site 1', 'Site 2']);
  });

  test('has at most 200 entries, and 32 KiB together', async () => {
    expect((await offeredOf(250, 3)).offered[0]?.entries.length).toBeLessThanOrEqual(200);
    const { offered } = await offeredOf(40, 300);
    expect(offered[0]?.entries.length).toBeGreaterThan(3);
    expect(Buffer.byteLength(JSON.stringify(offered))).toBeLessThan(33_500);
  });

  test('is offered with the one entry that is left of it: nothing is chosen for the person', async () => {
    const found = await offeredOf(2, 1_500);
    expect(found.offered[0]?.entries).toHaveLength(1);
    expect([found.extras, found.missing]).toEqual([{}, []]);
  });

  test('counts as missing where not even one fits', async () => {
    const found = await offeredOf(2, 2_048);
    expect([found.offered, found.extras]).toEqual([[], {}]);
    expect(found.missing).toEqual(names);
  });

  test('is no choice where it has one entry', async () => {
    const found = await offeredOf(1, 20);
    expect([found.offered, Object.keys(found.extras)]).toEqual([[], names]);
  });
});
