import { asc, gt, sql } from 'drizzle-orm';
import { readRows } from '#lib/audit/read-rows';
import { type SignedSeal, toSeal } from '#lib/audit/seals';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { ledgerSeals } from '#lib/db/schema/ledger-seals';
import { type Budget, readAll } from '#lib/evidence/budget';
import type { CitedEntry, CitedSeal } from '#lib/evidence/bundle';
import type { LedgerAction } from '#lib/ledger/actions';
import { createInclusionTree } from '#lib/ledger/inclusion';
import { leafHash } from '#lib/ledger/merkle';
import { encodeRow, monthOf } from '#lib/ledger/row-encoding';
import { encodeSeal, sealHash } from '#lib/ledger/seal-statement';

/** The rare events that evidence is about. Vends and refreshes are far too many, and have their counts elsewhere. */
const citedActions: readonly LedgerAction[] = [
  ...([
    'checks.run',
    'checks.scenarios_played',
    'provider.checked',
    'review.assigned',
    'review.signed_off',
    'review.missed',
  ] as const),
  ...(['alert.opened', 'alert.acknowledged', 'alert.resolved', 'brake.frozen', 'brake.thawed'] as const),
  ...(['bulk_revocation.started', 'bulk_revocation.finished', 'connection.revoked'] as const),
  ...(['revocation.finished', 'revocation.failed', 'revocation.proved', 'revocation.let_go'] as const),
  ...(['revocation.drilled', 'person.inactivity_notified', 'person.inactive_revoked'] as const),
  ...(['provider.metadata_changed', 'provider.metadata_accepted', 'connection.exported'] as const),
  ...(['replaced.proved', 'refused.proved', 'token.theft_suspected', 'token.theft_possible'] as const),
  ...(['provider.stopped', 'provider.resumed', 'person.disabled', 'person.enabled'] as const),
  ...(['connection.export_written', 'bulk_revocation.exported', 'ledger.exported'] as const),
  ...([
    'vault.key_rotated',
    'vault.key_retired',
    'vault.key_destroyed',
    'vault.key_needed',
    'vault.key_missing',
  ] as const),
  ...(['vault.reseal_begun', 'vault.reseal_paused', 'vault.reseal_resumed', 'vault.resealed'] as const),
  ...(['configuration.changed', 'instance.restored', 'instance.promoted', 'ledger.verified'] as const),
  ...(['application.created', 'application.changed', 'application.disabled', 'application.enabled'] as const),
  ...([
    'person.role_changed',
    'api_key.created',
    'api_key.changed',
    'api_key.rotated',
    'api_key.revoked',
    'evidence.exported',
  ] as const),
];
const pageSeals = 1_000;

interface Wanted extends Record<string, unknown> {
  id: number;
  xid: number;
}

async function findWanted(ctx: Context, from: Date, to: Date, budget: Budget): Promise<Wanted[]> {
  const wanted: Wanted[] = [];
  for (const action of citedActions) {
    const rows = await readAll<Wanted>(budget, 'entries', async (after, limit) =>
      rowsOf<Wanted>(
        await ctx.database.db.execute(sql`select id::float8 as id, xid::float8 as xid from ledger where action = ${action}
          and at >= ${from.toISOString()}::timestamptz and at < ${to.toISOString()}::timestamptz and id > ${after?.id ?? -1}
          order by id limit ${limit}`),
      ),
    );
    wanted.push(...rows);
  }
  return wanted.sort((a, b) => a.xid - b.xid || a.id - b.id);
}

const base64 = (path: readonly Buffer[]) => path.map((one) => one.toString('base64'));

/** Entries of the period with their proofs, and the whole tree of seals. */
export interface Citations {
  entries: CitedEntry[];
  seals: CitedSeal[];
  size: number;
  root: string;
  notSealed: number;
  /** Months of the period that were dropped, as `2026-11`. */
  droppedMonths: string[];
}

/** Proves each wanted entry of a seal: its rows are read once more, in the order in which they were sealed. */
async function prove(ctx: Context, seal: SignedSeal, wanted: ReadonlySet<number>): Promise<CitedEntry[]> {
  const months = new Map<string, { leaves: Buffer[]; cited: { index: number; text: string }[] }>();
  await readRows(ctx.database.db, { from: seal.from, to: seal.to }, (row) => {
    const name = monthOf(row.at);
    const month = months.get(name) ?? { leaves: [], cited: [] };
    months.set(name, month);
    const text = encodeRow(row);
    if (wanted.has(row.id)) month.cited.push({ index: month.leaves.length, text });
    month.leaves.push(leafHash(text));
  });
  return [...months].flatMap(([month, { leaves, cited }]) => {
    const tree = cited.length > 0 ? createInclusionTree(leaves) : undefined;
    return cited.map(({ index, text }) => ({
      text,
      seal: seal.n,
      month,
      index,
      path: base64(tree?.path(index) ?? []),
    }));
  });
}

/**
 * Finds the entries of a period that evidence is about, and proves that each is sealed, under one tree of seals.
 * @throws AppError `evidence_too_large`
 */
export async function citeEntries(ctx: Context, from: Date, to: Date, budget: Budget): Promise<Citations> {
  const wanted = await findWanted(ctx, from, to, budget);
  const leaves: Buffer[] = [];
  const cited: { seal: SignedSeal; index: number; ids: Set<number> }[] = [];
  const dropped = new Set<string>();
  const [first, last] = [monthOf(from.getTime()), monthOf(to.getTime() - 1)];
  let at = 0;
  for (let read = -1; ; ) {
    const page = await ctx.database.db
      .select()
      .from(ledgerSeals)
      .where(gt(ledgerSeals.n, read))
      .orderBy(asc(ledgerSeals.n))
      .limit(pageSeals);
    for (const row of page) {
      const seal = toSeal(row);
      for (const month of seal.dropped) if (month >= first && month <= last) dropped.add(month);
      const ids = new Set<number>();
      for (let next = wanted[at]; next && next.xid < seal.to; next = wanted[++at]) ids.add(next.id);
      if (ids.size > 0) cited.push({ seal, index: leaves.length, ids });
      leaves.push(sealHash(seal));
    }
    read = page.at(-1)?.n ?? read;
    if (page.length < pageSeals) break;
  }
  const tree = createInclusionTree(leaves);
  const entries: CitedEntry[] = [];
  for (const { seal, ids } of cited) entries.push(...(await prove(ctx, seal, ids)));
  return {
    entries,
    seals: cited.map(({ seal, index }) => ({
      n: seal.n,
      text: encodeSeal(seal),
      signature: seal.signature,
      index,
      path: base64(tree.path(index)),
    })),
    size: tree.size,
    root: tree.root().toString('base64'),
    notSealed: wanted.length - at,
    droppedMonths: [...dropped].sort(),
  };
}
