import { Readable } from 'node:stream';
import { z } from 'zod';
import { getBulkRevocation } from '#lib/bulk-revocation/get';
import { listBulkRows } from '#lib/bulk-revocation/rows';
import type { BulkRowView, BulkView } from '#lib/bulk-revocation/views';
import type { Context } from '#lib/context';
import { inChunks } from '#lib/export/chunks';
import { type Cell, csvOf } from '#lib/export/csv';
import { requireReader } from '#lib/guards/require';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp } from '#lib/sign-in/step-up';
import { whileActs } from '#lib/sign-in/while-acts';

export const exportBulkInput = z.object({ id: z.string().max(64), format: z.enum(['csv', 'json']) });
export type ExportBulkInput = z.input<typeof exportBulkInput>;

const pageSize = 1000;

/** Of the person: as they sign in, or by the ids of their application. */
const identityColumns = [
  ...(['person_issuer', 'person_subject', 'person_email'] as const),
  ...(['application', 'application_tenant', 'application_user'] as const),
] as const;

function identityCells(of: BulkRowView['identity']): Record<(typeof identityColumns)[number], Cell> {
  const hub = 'issuer' in of ? of : null;
  const own = 'issuer' in of ? null : of;
  return {
    person_issuer: hub?.issuer ?? null,
    person_subject: hub?.subject ?? null,
    person_email: hub?.email ?? null,
    application: own?.application ?? null,
    application_tenant: own?.tenant ?? null,
    application_user: own?.user ?? null,
  };
}

const columns = [
  ...([
    'connection',
    'provider',
    'account',
    'person',
    'person_name',
    ...identityColumns,
    'here',
    'here_code',
    'here_at',
  ] as const),
  ...(['at_provider', 'attempts', 'last_error', 'at_provider_since', 'proof', 'proved_at', 'tokens'] as const),
  ...(['self_contained', 'honoured_until', 'manual_url'] as const),
] as const;
type Column = (typeof columns)[number];

/** One connection as a flat record. */
function flat({ upstream, ...row }: BulkRowView): Record<Column, Cell> {
  const proof = upstream?.proof;
  return {
    connection: row.connectionId,
    provider: row.provider.id,
    account: row.label,
    person: row.person.id,
    person_name: row.person.name,
    ...identityCells(row.identity),
    here: row.state,
    here_code: row.code,
    here_at: row.doneAt,
    at_provider: upstream?.state ?? null,
    attempts: upstream?.attempts ?? null,
    last_error: upstream?.lastErrorCode ?? null,
    at_provider_since: upstream?.finishedAt ?? null,
    proof: proof?.state ?? null,
    proved_at: proof?.provedAt ?? null,
    tokens: (proof?.tokens ?? [])
      .map(
        ({ token, fingerprint, by, before, after, at }) =>
          `${token} ${fingerprint ?? '-'}: ${before ?? '-'} then ${after ?? '-'} (${by ?? 'untried'}, ${at ?? '-'})`,
      )
      .join('; '),
    self_contained: proof?.selfContained ?? null,
    honoured_until: proof?.honouredUntil ?? null,
    manual_url: upstream?.manualUrl ?? null,
  };
}

async function* pagesOfBulk(ctx: Context, id: string): AsyncGenerator<BulkRowView> {
  let cursor: string | undefined;
  do {
    const page = await listBulkRows(ctx, { id, limit: pageSize, ...(cursor ? { cursor } : {}) });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}

const rowsOfBulk = (ctx: Context, id: string) => whileActs(ctx, pagesOfBulk(ctx, id));

async function* flatRows(ctx: Context, id: string): AsyncGenerator<Record<Column, Cell>> {
  for await (const row of rowsOfBulk(ctx, id)) yield flat(row);
}

/** One JSON object: the bulk revocation, and under `rows` what became of each connection. */
async function* jsonOf(ctx: Context, bulk: BulkView): AsyncGenerator<string> {
  yield `${JSON.stringify(bulk).slice(0, -1)},"rows":[`;
  let separator = '\n';
  for await (const row of rowsOfBulk(ctx, bulk.id)) {
    yield separator + JSON.stringify(row);
    separator = ',\n';
  }
  yield '\n]}\n';
}

/** A file on its way. */
export interface ExportedFile {
  name: string;
  type: string;
  body: Readable;
}

/**
 * The course of each connection of a bulk revocation, as a file. For administrators and auditors who signed in lately.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `not_found`, `invalid_request`
 */
export async function exportBulkRevocation(ctx: Context, input: ExportBulkInput): Promise<ExportedFile> {
  requireReader(ctx);
  const { id, format } = parseInput(exportBulkInput, input);
  const { proof } = await requireStepUp(ctx);
  const { people: _, providers: __, progress: ___, settled: ____, ...bulk } = await getBulkRevocation(ctx, { id });
  await record(ctx.database.db, ctx, {
    action: 'bulk_revocation.exported',
    details: { bulk: id, format, rows: bulk.total, step_up: proof },
  });
  const name = `revocation-${id}.${format}`;
  return format === 'csv'
    ? { name, type: 'text/csv; charset=utf-8', body: csvOf(columns, flatRows(ctx, id)) }
    : { name, type: 'application/json', body: Readable.from(inChunks(jsonOf(ctx, bulk)), { objectMode: false }) };
}
