import { type AnyColumn, type SQL, sql } from 'drizzle-orm';

/** Base64url of a header's beginning, without the last bytes: their characters depend on the bytes that follow. */
function prefixOf(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.subarray(0, bytes.length - (bytes.length % 3)).toString('base64url');
}

/** How every value begins that carries a digest of what it is for: 36 bytes, 48 characters. */
const boundPrefix = prefixOf('{"alg":"dir","enc":"A256GCM","bound"');
/** Where the key id stands behind a digest: 90 bytes come before it. */
const kidBehindDigest = 121;

/** True where a column holds a value in the form of earlier builds. Written out, as the index of such rows has it. */
export const isUnbound = (column: AnyColumn): SQL =>
  sql`left(${column}, ${sql.raw(String(boundPrefix.length))}) <> ${sql.raw(`'${boundPrefix}'`)}`;

/**
 * True where a column holds a value under that key, in either form. Reads text only: a value that is broken is under none.
 * @param kid of `VAULT_KEYS`: needs no escape in JSON
 */
export function isSealedBy(column: AnyColumn, kid: string): SQL {
  const unbound = prefixOf(`{"alg":"dir","enc":"A256GCM","kid":"${kid}","row":"`);
  const bound = prefixOf(`${kid}","row":"`);
  return sql`(left(${column}, ${unbound.length}::int) = ${unbound} or (not ${isUnbound(column)}
    and substr(${column}, ${kidBehindDigest}::int, ${bound.length}::int) = ${bound}))`;
}

/** True where a column holds a value in today's form under that key; null where it holds none. */
export function isCurrent(column: AnyColumn, kid: string): SQL {
  const bound = prefixOf(`${kid}","row":"`);
  return sql`(not ${isUnbound(column)} and substr(${column}, ${kidBehindDigest}::int, ${bound.length}::int) = ${bound})`;
}

/** True where a column holds a value that names no digest (`Place.bound`) under that key; null where it holds none. */
export function isCurrentUnbound(column: AnyColumn, kid: string): SQL {
  const unbound = prefixOf(`{"alg":"dir","enc":"A256GCM","kid":"${kid}","row":"`);
  return sql`(left(${column}, ${unbound.length}::int) = ${unbound})`;
}
