import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Runtime, systemContext } from '#lib/context';
import { listFreezes, standingFreezes } from '#lib/freezes/list';
import { watchInstance } from '#lib/freezes/restore-guard';
import { thaw } from '#lib/freezes/thaw';
import { vendToken } from '#lib/tokens/vend-token';
import { describeWithConnections, sharedDatabase } from '#tests/database';
import { addApiKey, addConnection, addPerson, createRuntime, entries, freeze, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const folders: string[] = [];
let dataDir: string;
let runtime: ReturnType<typeof createRuntime>;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-restore-'));
  folders.push(folder);
  return folder;
}

/**
 * A process that keeps its observations in this folder. Over a server, with its folder elsewhere, unless that is said.
 */
function processIn(folder: string, engine: Runtime['database']['engine'] = 'postgres') {
  const made = createRuntime({ ...database.current, engine }, [plainRecord('http://127.0.0.1:9')]);
  return { ...made, config: { ...made.config, dataDir: folder } };
}

/** The same as if its database were the embedded one: only that one has files beside it. */
const embeddedIn = (folder: string) => processIn(folder, 'pglite');

beforeEach(async () => {
  await database.db.execute(sql`delete from instance`);
  await database.db.execute(sql`delete from freezes`);
  dataDir = newFolder();
  runtime = processIn(dataDir);
});
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Puts the row into an earlier state, as files of then would have it. */
const putBack = (interval: string, more = sql``) =>
  database.db.execute(sql`update instance set written_by = pg_current_xact_id()::text::bigint,
    mark = mark - ${interval}::interval ${more}`);
const reasons = async () => (await standingFreezes(systemContext(runtime, 'test'))).items.map(({ reason }) => reason);
const lift = async () => {
  const ctx = systemContext(runtime, 'test');
  for (const { id } of (await standingFreezes(ctx)).items) await thaw(ctx, { id, reason: 'looked at it' });
};

test('a database that goes on where it was is left alone, also by processes that never saw it', async () => {
  let watched = await watchInstance(runtime);
  for (let look = 0; look < 3; look++) watched = await watchInstance(runtime, watched);
  await watchInstance(processIn(dataDir));
  await watchInstance(processIn(newFolder()));
  await putBack('3 days');
  await watchInstance(processIn(newFolder()));
  expect(await reasons()).toEqual([]);
});

test('two processes that are the first agree on one row', async () => {
  const seen = await Promise.all([watchInstance(runtime), watchInstance(processIn(newFolder()))]);
  expect(new Set(seen.map(({ witness }) => witness.id)).size).toBe(1);
  await Promise.all([watchInstance(runtime, seen[0]), watchInstance(processIn(newFolder()), seen[1])]);
  expect(await reasons()).toEqual([]);
});

describe('a database from a backup is frozen, says why, and thawed once is thawed', () => {
  test('loaded from a dump: its row was not written by the transaction that it names', async () => {
    await watchInstance(runtime);
    await database.db.execute(sql`create table dump as select * from instance`);
    await database.db.execute(sql`delete from instance`);
    await database.db.execute(sql`insert into instance select * from dump`);
    await database.db.execute(sql`drop table dump`);
    await watchInstance(processIn(newFolder()));
    expect(await reasons()).toEqual([
      expect.stringMatching(/restored from a backup: its rows were loaded from a dump/),
    ]);
    expect((await entries(runtime)).slice(-2)).toMatchObject([
      { action: 'brake.frozen', actorId: 'restore-guard' },
      { action: 'instance.restored', outcome: 'failed', code: 'loaded' },
    ]);
    await lift();
    await watchInstance(runtime);
    await watchInstance(processIn(newFolder()));
    expect(await reasons()).toEqual([]);
  });

  test('nothing is vended from then on', async () => {
    const { id: personId } = await addPerson(runtime);
    const id = await addConnection(runtime, { personId });
    const { ctx } = await addApiKey(runtime);
    await watchInstance(runtime);
    expect((await vendToken(ctx, { id })).accessToken).toBe(`at_${id}`);
    await database.db.execute(sql`update instance set mark = mark`);
    await watchInstance(processIn(newFolder()));
    await expect(vendToken(ctx, { id })).rejects.toMatchObject({ code: 'frozen' });
  });

  test.each([
    ['a process that goes on', true],
    ['a process that begins in the same data folder', false],
  ])('earlier than %s has seen it', async (_, goesOn) => {
    const watched = await watchInstance(runtime);
    await putBack('10 minutes');
    await watchInstance(runtime, goesOn ? watched : undefined);
    expect(await reasons()).toEqual([expect.stringMatching(/has seen a later state/)]);
    await lift();
    await watchInstance(runtime);
    await watchInstance(processIn(dataDir), watched);
    expect(await reasons()).toEqual([]);
  });

  test('earlier than an earlier restoring was noticed', async () => {
    await watchInstance(runtime);
    await database.db.execute(sql`create table before as select * from instance`);
    await database.db.execute(sql`update instance set mark = mark`);
    const noticed = await watchInstance(runtime);
    await lift();
    await database.db.execute(sql`delete from instance`);
    await database.db.execute(sql`insert into instance select "only", id, generation, mark + interval '1 hour',
      pg_current_xact_id()::text::bigint, timeline, file from before`);
    await database.db.execute(sql`drop table before`);
    const again = await watchInstance(runtime, noticed);
    expect(await reasons()).toEqual([expect.stringMatching(/has seen a later state/)]);
    expect(again.witness.generation).toBeGreaterThan(noticed.witness.generation);
  });

  test('beside a freeze that stands already, which says so from then on', async () => {
    await watchInstance(runtime);
    await freeze(runtime, 'everything');
    await putBack('10 minutes');
    await watchInstance(runtime);
    expect(await reasons()).toEqual([expect.stringMatching(/^test This database was restored/)]);
  });

  test('files that are a copy of those used last, however faithful', async () => {
    await watchInstance(embeddedIn(dataDir));
    await watchInstance(embeddedIn(dataDir));
    expect(await reasons()).toEqual([]);
    const copy = newFolder();
    cpSync(dataDir, copy, { recursive: true, preserveTimestamps: true });
    await watchInstance(embeddedIn(copy));
    expect(await reasons()).toEqual([expect.stringMatching(/its files are a copy/)]);
    await lift();
    await watchInstance(embeddedIn(copy));
    expect(await reasons()).toEqual([]);
  });

  test('files beside which the mark file is missing', async () => {
    await watchInstance(embeddedIn(dataDir));
    rmSync(join(dataDir, 'instance'));
    await watchInstance(embeddedIn(dataDir));
    expect(await reasons()).toHaveLength(1);
  });
});

// The embedded database has no timeline.
describeWithConnections('a server with a timeline', () => {
  test('that was recovered to an earlier point in time is frozen', async () => {
    await watchInstance(runtime);
    await putBack('11 minutes', sql`, timeline = timeline - 1`);
    await watchInstance(processIn(newFolder()));
    expect(await reasons()).toEqual([expect.stringMatching(/went back to an earlier point in time/)]);
    await lift();
    await putBack('11 minutes');
    await watchInstance(processIn(newFolder()));
    expect(await reasons()).toEqual([]);
  });
});

describe('a standby that takes over does not freeze anything', () => {
  test.each([
    ['with all that was written', '0 seconds'],
    ['without what was written in its last minute', '1 minute'],
  ])('%s', async (_, behind) => {
    const watched = await watchInstance(runtime);
    await putBack(behind, sql`, timeline = timeline - 1`);
    await watchInstance(runtime, watched);
    await watchInstance(processIn(newFolder()));
    expect(await reasons()).toEqual([]);
  });
});

test.each(['vacuum (freeze) instance', 'vacuum full instance'])('%s is no restoring', async (statement) => {
  await watchInstance(runtime);
  await database.db.execute(sql.raw(statement));
  await watchInstance(processIn(newFolder()));
  expect(await reasons()).toEqual([]);
});

test('what was seen of one database says nothing of another that is worked on from the same folder', async () => {
  await watchInstance(runtime);
  await database.db.execute(sql`delete from instance`);
  await watchInstance(processIn(newFolder()));
  await putBack('1 hour');
  await watchInstance(runtime);
  expect(await reasons()).toEqual([]);
});

test('a folder that cannot be written is no reason not to serve', async () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'file'), '');
  const made = processIn(join(folder, 'file', 'folder'));
  await watchInstance(made);
  expect(made.logged).toContainEqual(expect.objectContaining({ event: 'witness_not_kept' }));
  expect((await listFreezes(systemContext(runtime, 'test'))).items).toEqual([]);
});
