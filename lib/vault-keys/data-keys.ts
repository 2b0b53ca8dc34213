import { randomBytes } from 'node:crypto';
import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Runtime } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { type Db, withTransaction } from '#lib/db/database';
import { processes } from '#lib/db/schema/processes';
import { vaultKeys, vaultWrappings } from '#lib/db/schema/vault-keys';
import { isAppError } from '#lib/errors';
import { newId } from '#lib/ids';
import { type KeyRoot, KeyServiceDown } from '#lib/vault/root';
import { checkOfKey, wrapSafely } from '#lib/vault-keys/key-check';

/** A process that was silent for longer counts as gone; as `goneAfterSeconds` of lib/status. */
const goneAfterSeconds = 50;

/** A data key that this process holds in memory. */
interface HeldKey {
  key: Uint8Array;
  /** When a root key unwrapped it last, in milliseconds of `performance.now()`; null by a local root, which stays. */
  confirmedAt: number | null;
}

/** What a process knows of its data keys beyond what its vault does. */
interface Holding {
  keys: Map<string, HeldKey>;
  /** Since when the key service does not answer, as a moment of this process's clock; null while it does. */
  downSince: Date | null;
  loading: Promise<void> | undefined;
}

const holdings = new WeakMap<Runtime['vault'], Holding>();

function holdingOf({ vault }: Pick<Runtime, 'vault'>): Holding {
  const known = holdings.get(vault);
  if (known) return known;
  const made: Holding = { keys: new Map(), downSince: null, loading: undefined };
  holdings.set(vault, made);
  return made;
}

/** A data key as it lies in the database. */
interface StoredKey {
  kid: string;
  sealsFrom: Date | null;
  retiredAt: Date | null;
  checkValue: string | null;
  wrappings: { root: string; wrapped: string }[];
}

async function readDataKeys(db: Db): Promise<StoredKey[]> {
  const rows = await db
    .select({
      kid: vaultKeys.kid,
      sealsFrom: vaultKeys.sealsFrom,
      retiredAt: vaultKeys.retiredAt,
      checkValue: vaultKeys.checkValue,
      root: vaultWrappings.root,
      wrapped: vaultWrappings.wrapped,
    })
    .from(vaultKeys)
    .leftJoin(vaultWrappings, eq(vaultWrappings.kid, vaultKeys.kid))
    .where(and(eq(vaultKeys.kind, 'data'), isNull(vaultKeys.destroyedAt)))
    // The newest that seals comes first; PostgreSQL puts nulls before all else in this order.
    .orderBy(desc(vaultKeys.sealsFrom), desc(vaultKeys.kid));
  const found = new Map<string, StoredKey>();
  for (const { root, wrapped, ...key } of rows) {
    const one = found.get(key.kid) ?? { ...key, wrappings: [] };
    if (root !== null && wrapped !== null) one.wrappings.push({ root, wrapped });
    found.set(key.kid, one);
  }
  return [...found.values()];
}

/**
 * Unwraps by the first root of this process that gives the very key. Undefined where another root wrapped it, or text of
 * another root stands in its place.
 * @param held the key as this process has it
 * @throws KeyServiceDown where a service does not answer, or gives another key
 */
async function unwrap(runtime: Runtime, stored: StoredKey, held: HeldKey | undefined): Promise<HeldKey | undefined> {
  const { kid, wrappings, checkValue } = stored;
  const expected = held ? checkOfKey(kid, held.key) : checkValue;
  let down: unknown;
  for (const root of runtime.keyRoots) {
    const wrapping = wrappings.find((one) => one.root === root.name);
    if (!wrapping) continue;
    try {
      const key = await root.unwrap(kid, wrapping.wrapped);
      if (expected !== null && checkOfKey(kid, key) !== expected)
        throw new KeyServiceDown(root.name, new Error(`it gave another key for ${kid}`));
      return { key, confirmedAt: root.remote ? performance.now() : null };
    } catch (error) {
      if (error instanceof KeyServiceDown) down = error;
      else if (!isAppError(error)) throw error;
      // A key that is held was opened by this service before: it refuses, and the key is as good as it was.
      else if (held) down = new KeyServiceDown(root.name, error);
      runtime.log.warn({ event: 'data_key_not_unwrapped', key: kid, root: root.name, err: error });
    }
  }
  if (down) throw down;
  return undefined;
}

/** Keeps by what the key is known again. The first process that holds it says so. */
async function keepCheck(db: Db, { kid, checkValue }: StoredKey, { key }: HeldKey): Promise<void> {
  if (checkValue !== null) return;
  const set = { checkValue: checkOfKey(kid, key) };
  await db
    .update(vaultKeys)
    .set(set)
    .where(and(eq(vaultKeys.kid, kid), isNull(vaultKeys.checkValue)));
}

/** Values that name unknown keys, as somebody may write into rows, make this process look no more often. */
const lookAgainMs = 1000;

/** How often a key service is asked again whether it still opens the keys that are held. */
const confirmEveryMs = (holdSeconds: number) => Math.min(300, holdSeconds / 4) * 1000;

const isStale = (held: HeldKey, holdSeconds: number) =>
  held.confirmedAt !== null && performance.now() - held.confirmedAt > confirmEveryMs(holdSeconds);

/** Wraps a key for the root that wraps today, so that another root may go. Where that fails, the next look tries again. */
async function addWrapping(runtime: Runtime, root: KeyRoot, kid: string, key: Uint8Array): Promise<void> {
  const wrapped = await wrapSafely(root, kid, key);
  await runtime.database.db.insert(vaultWrappings).values({ kid, root: root.name, wrapped }).onConflictDoNothing();
  runtime.log.info({ event: 'data_key_wrapped', key: kid, root: root.name });
}

async function load(runtime: Runtime): Promise<void> {
  const { config, keyRoots, vault, log } = runtime;
  const holding = holdingOf(runtime);
  const stored = await readDataKeys(runtime.database.db);
  const keys = new Map<string, HeldKey>();
  let down: unknown;
  for (const root of keyRoots) {
    await root.tend?.().catch((error: unknown) => {
      log.warn({ event: 'key_service_credentials', root: root.name, err: error });
    });
  }
  // Side by side: a slow service takes as long over all of them as over one.
  const looked = await Promise.all(
    stored.map(async (one) => {
      const held = holding.keys.get(one.kid);
      if (held && !isStale(held, config.vaultHoldSeconds)) return held;
      try {
        return (await unwrap(runtime, one, held)) ?? held;
      } catch (error) {
        if (!(error instanceof KeyServiceDown)) throw error;
        down = error;
        return held;
      }
    }),
  );
  for (const [n, one] of stored.entries()) {
    const next = looked[n];
    if (!next) continue;
    keys.set(one.kid, next);
    await keepCheck(runtime.database.db, one, next);
  }
  if (down && holding.downSince === null) log.error({ event: 'key_service_down', err: down });
  if (!down && holding.downSince !== null) log.info({ event: 'key_service_back' });
  holding.downSince = down ? (holding.downSince ?? runtime.now()) : null;
  holding.keys = keys;
  const confirmed = [...keys.values()].flatMap(({ confirmedAt }) => (confirmedAt === null ? [] : [confirmedAt]));
  vault.hold({
    keys: [...keys].map(([kid, { key }]) => ({ kid, key })),
    sealing: stored.find(({ kid, sealsFrom, retiredAt }) => sealsFrom && !retiredAt && keys.has(kid))?.kid,
    until: Math.min(...confirmed) + config.vaultHoldSeconds * 1000,
  });
  const [root] = keyRoots;
  for (const { kid, wrappings } of root ? stored : []) {
    const held = keys.get(kid);
    if (!root || !held || wrappings.some((one) => one.root === root.name)) continue;
    await addWrapping(runtime, root, kid, held.key).catch((error: unknown) => {
      log.warn({ event: 'data_key_not_wrapped', key: kid, root: root.name, err: error });
    });
  }
  if (down && [...keys.keys()].length < stored.length) throw down;
}

/**
 * Takes the data keys of the database into memory, and tells the vault which one seals. Keys that are held already stay,
 * also while their service does not answer. Calls at the same time share one look.
 * @throws KeyServiceDown where a key is not held and its service does not answer
 */
export function holdDataKeys(runtime: Runtime): Promise<void> {
  const holding = holdingOf(runtime);
  holding.loading ??= load(runtime).finally(() => {
    holding.loading = undefined;
  });
  return holding.loading;
}

/**
 * Lets a new key seal once every running process says that it holds it: a value that one process seals, all others must
 * open. A process of a build that knows no data keys holds none.
 */
async function letSeal(runtime: Runtime): Promise<boolean> {
  const { db } = runtime.database;
  const held = [...holdingOf(runtime).keys.keys()];
  if (held.length === 0) return false;
  await db.update(processes).set({ vaultKeys: held }).where(eq(processes.id, runtime.processId));
  const begun = await db
    .update(vaultKeys)
    // The newest seals, also where a clock that was ahead let the one before begin.
    .set({
      sealsFrom: sql`greatest(clock_timestamp(), (select max(newest.seals_from) + interval '1 ms' from ${vaultKeys} newest))`,
    })
    .where(
      and(
        inArray(vaultKeys.kid, held),
        isNull(vaultKeys.sealsFrom),
        isNull(vaultKeys.retiredAt),
        sql`not exists (select 1 from ${processes}
          where ${processes.lastSeenAt} > now() - make_interval(secs => ${goneAfterSeconds}::float8)
            and not coalesce(${vaultKeys.kid} = any(${processes.vaultKeys}), false))`,
      ),
    )
    .returning({ kid: vaultKeys.kid });
  return begun.length > 0;
}

/** Looks for keys that other processes made. Asked for with each sign of life. */
export async function learnDataKeys(runtime: Runtime): Promise<void> {
  await holdDataKeys(runtime);
  if (await letSeal(runtime)) await holdDataKeys(runtime);
}

/**
 * Makes a data key and stores it wrapped. It seals once every running process holds it.
 * @param onlyFirst makes none where another process has just made one
 * @param alsoIn writes in the same transaction, as the ledger's entry
 * @throws KeyServiceDown
 */
export async function makeDataKey(
  runtime: Runtime,
  { onlyFirst = false, alsoIn }: { onlyFirst?: boolean; alsoIn?: (tx: Db, kid: string) => Promise<void> } = {},
): Promise<string | undefined> {
  const [root] = runtime.keyRoots;
  if (!root) throw new Error('a data key needs a root');
  // A point is in no id of VAULT_KEYS, so that no entry there can take the name of a data key.
  const kid = `dk.${newId('').slice(1, 11)}`;
  const key = new Uint8Array(randomBytes(32));
  const wrapped = await wrapSafely(root, kid, key);
  const made = await withTransaction(runtime.database.db, async (tx) => {
    await lockFor(tx, 'vault_keys');
    if (onlyFirst) {
      const ours = runtime.keyRoots.map(({ name }) => name);
      const others = await tx
        .select({ kid: vaultKeys.kid })
        .from(vaultKeys)
        .innerJoin(vaultWrappings, eq(vaultWrappings.kid, vaultKeys.kid))
        .where(and(eq(vaultKeys.kind, 'data'), isNull(vaultKeys.retiredAt), inArray(vaultWrappings.root, ours)));
      if (others.length > 0) return false;
    }
    await tx.insert(vaultKeys).values({ kid, kind: 'data', checkValue: checkOfKey(kid, key) });
    await tx.insert(vaultWrappings).values({ kid, root: root.name, wrapped });
    await alsoIn?.(tx, kid);
    return true;
  });
  return made ? kid : undefined;
}

/**
 * Makes the first data key, where this process holds none that may seal. A value of another process under a key that
 * this one has not seen makes it look at once.
 * @throws KeyServiceDown
 */
export async function startDataKeys(runtime: Runtime): Promise<void> {
  let lastLook = Number.NEGATIVE_INFINITY;
  runtime.vault.onMissing(() => {
    if (performance.now() - lastLook < lookAgainMs) return;
    lastLook = performance.now();
    learnDataKeys(runtime).catch((err: unknown) => runtime.log.warn({ event: 'data_keys_not_read', err }));
  });
  const { keys } = holdingOf(runtime);
  const stored = await readDataKeys(runtime.database.db);
  if (!stored.some(({ kid, retiredAt }) => retiredAt === null && keys.has(kid)))
    await makeDataKey(runtime, { onlyFirst: true });
  await learnDataKeys(runtime);
}

/** How this process stands with its key service. */
export interface KeyServiceState {
  /** Since when it does not answer; null while it does, and where no service is asked. */
  downSince: Date | null;
  /** Seconds until this process stops opening values; null where it never does. */
  secondsLeft: number | null;
}

/**
 * The word of `/readyz` on the key service: true, a text while this process goes on without it, false once it opens no
 * stored value any more.
 */
export function sayKeyService(runtime: Pick<Runtime, 'vault' | 'config'>): true | string | false {
  const { downSince, secondsLeft } = keyServiceState(runtime);
  if (secondsLeft === 0) return false;
  return downSince === null || 'the key service does not answer';
}

/** How this process stands with its key service, without asking it. */
export function keyServiceState(runtime: Pick<Runtime, 'vault' | 'config'>): KeyServiceState {
  const { downSince, keys } = holdingOf(runtime);
  const confirmed = [...keys.values()].flatMap(({ confirmedAt }) => (confirmedAt === null ? [] : [confirmedAt]));
  if (confirmed.length === 0) return { downSince, secondsLeft: null };
  const passed = (performance.now() - Math.min(...confirmed)) / 1000;
  return { downSince, secondsLeft: Math.max(0, Math.floor(runtime.config.vaultHoldSeconds - passed)) };
}
