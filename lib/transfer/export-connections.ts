import { and, eq, ne, sql } from 'drizzle-orm';
import { CompactEncrypt, calculateJwkThumbprint, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { itsPersonColumns, personJson, toItsPerson } from '#lib/connections/its-person';
import { openTokens, sealedColumns } from '#lib/connections/tokens-at-rest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { people } from '#lib/db/schema/people';
import { AppError, isAppError } from '#lib/errors';
import { requireAdministrator, requireReader } from '#lib/guards/require';
import { personOfConnection } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { requireStepUp, type StepUp } from '#lib/sign-in/step-up';
import { transactAs } from '#lib/sign-in/transact-as';

/** Lines of one answer. */
export const exportPage = 500;

export const exportInput = z.strictObject({
  /** The id of the last connection of the page before. */
  after: z.string().max(64).optional(),
  /** A public JWK (RFC 7517): each line is encrypted to it, with its tokens. Without it no line has a token. */
  publicKey: z.record(z.string(), z.unknown()).optional(),
});
export type ExportInput = z.input<typeof exportInput>;

const agreements = ['ECDH-ES+A256KW', 'ECDH-ES+A192KW', 'ECDH-ES+A128KW', 'ECDH-ES'];
/** How a key is agreed or wrapped (RFC 7518 §4.1), by the type of the public key: the first, or what the key itself asks for. */
const algorithms = new Map<unknown, string[]>([
  ['RSA', ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512', 'RSA-OAEP']],
  ['EC', agreements],
  ['OKP', agreements],
]);
/** Operations of keys that are for something else (RFC 7517 §4.3). */
const otherOperations = ['sign', 'verify', 'decrypt', 'unwrapKey'];

/** The algorithm for a public key. Undefined where its members say that it is for another one, or for signatures. */
function algorithmOf({ kty, alg, use, key_ops }: Record<string, unknown>): string | undefined {
  const known = algorithms.get(kty) ?? [];
  if (use !== undefined && use !== 'enc') return undefined;
  if (Array.isArray(key_ops) && key_ops.some((operation) => otherOperations.includes(operation))) return undefined;
  return alg === undefined ? known[0] : known.find((one) => one === alg);
}

/** Encrypts a line as a compact JWE (RFC 7516). */
type Encrypt = (line: object) => Promise<string>;

/** @throws AppError `invalid_request` for a key that is no public one */
async function encryptTo(jwk: Record<string, unknown>): Promise<{ encrypt: Encrypt; thumbprint: string }> {
  const refuse = (message: string, cause?: unknown) => new AppError('invalid_request', { message, cause });
  if (!algorithms.has(jwk.kty) || 'd' in jwk || 'k' in jwk)
    throw refuse('The key must be a public RSA, EC or X25519 key as a JWK.');
  const alg = algorithmOf(jwk);
  if (!alg)
    throw refuse('The key says that it is not for encryption, or asks for an algorithm that the hub does not use.');
  try {
    const key = await importJWK(jwk as JWK, alg);
    const thumbprint = await calculateJwkThumbprint(jwk as JWK);
    const header = { alg, enc: 'A256GCM', kid: thumbprint, cty: 'json' };
    const encrypt: Encrypt = (line) =>
      new CompactEncrypt(Buffer.from(JSON.stringify(line))).setProtectedHeader(header).encrypt(key);
    // A key that is too weak or on another curve is found before any token is opened.
    await encrypt({});
    return { encrypt, thumbprint };
  } catch (cause) {
    throw refuse('Nothing can be encrypted to this key.', cause);
  }
}

type Row = Awaited<ReturnType<typeof readPage>>[number];

function readPage(ctx: Context, after: string | undefined) {
  const personId = after === undefined ? undefined : personOfConnection(after);
  if (after !== undefined && personId === undefined) throw new AppError('invalid_request');
  return ctx.database.db
    .select({
      ...sealedColumns,
      ...itsPersonColumns,
      personId: connections.personId,
      subject: connections.subject,
      label: connections.label,
      status: connections.status,
      scopesGranted: connections.scopesGranted,
      accessTokenExpiresAt: connections.accessTokenExpiresAt,
      connectedAt: connections.connectedAt,
    })
    .from(connections)
    .innerJoin(people, eq(people.id, connections.personId))
    .where(
      and(
        ne(connections.status, 'revoked'),
        after === undefined ? undefined : sql`(${connections.personId}, ${connections.id}) > (${personId}, ${after})`,
      ),
    )
    .orderBy(connections.personId, connections.id)
    .limit(exportPage);
}

const toLine = (row: Row) => ({
  connection: row.id,
  user_id: row.personId,
  person: personJson(toItsPerson(row)),
  provider: row.provider,
  issuer: row.issuer,
  subject: row.subject,
  label: row.label,
  status: row.status,
  scopes: row.scopesGranted,
  expires_at: row.accessTokenExpiresAt?.toISOString() ?? null,
  connected_at: row.connectedAt.toISOString(),
});

/** The line with its tokens, encrypted. One that does not open says its code in the clear. */
async function encrypted(ctx: Context, row: Row, encrypt: Encrypt): Promise<Record<string, unknown>> {
  try {
    const { accessToken: access_token, refreshToken: refresh_token } = openTokens(ctx, row);
    return { connection: row.id, jwe: await encrypt({ ...toLine(row), access_token, refresh_token }) };
  } catch (error) {
    if (!isAppError(error)) throw error;
    return { connection: row.id, fault: error.code };
  }
}

/**
 * How each request proved at its first page that its person is there: a long file outlasts the minutes for which a sign-in
 * counts. Whether the session still lives is looked at with every page.
 */
const proofs = new WeakMap<Context, StepUp['proof']>();

async function stepUpOnce(ctx: Context): Promise<StepUp['proof']> {
  const known = proofs.get(ctx);
  if (known !== undefined) return known;
  const { proof } = await requireStepUp(ctx);
  proofs.set(ctx, proof);
  return proof;
}

/**
 * Connections that are not revoked, a page at a time, in the order of their people. With a public key every line is a JWE
 * to it and has the tokens: this process keeps nothing that opens it. The ledger says who took them, and to which key.
 * @throws AppError `unauthenticated`, `forbidden`, `step_up_required`, `invalid_request`
 */
export async function exportConnections(ctx: Context, input: ExportInput): Promise<Record<string, unknown>[]> {
  requireReader(ctx);
  const { after, publicKey } = parseInput(exportInput, input);
  if (publicKey) requireAdministrator(ctx);
  const proof = await stepUpOnce(ctx);
  const to = publicKey && (await encryptTo(publicKey));
  const rows = await readPage(ctx, after);
  // Before a token is opened: what follows may fail, and the entry says that they may have gone.
  await transactAs(ctx, (tx) =>
    record(tx, ctx, {
      action: 'connection.exported',
      details: { connections: rows.length, tokens: to !== undefined, to: to?.thumbprint ?? null, step_up: proof },
    }),
  );
  if (!to) return rows.map(toLine);
  const lines: Record<string, unknown>[] = [];
  for (const row of rows) lines.push(await encrypted(ctx, row, to.encrypt));
  return lines;
}
