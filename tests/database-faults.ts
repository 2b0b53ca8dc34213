import type { Database } from '#lib/db/database';

type Fault = [what: string, make: () => Error];

const coded = (code: string): Fault => [code, () => Object.assign(new Error('canary of a driver'), { code })];

/** What passes by itself, as drivers, Node and the embedded database say it. */
export const passing: Fault[] = [
  ...['53000', '53100', '53200', '53300', '53400', '57014', '57P01', '57P02', '57P03', '57P05'].map(coded),
  ...['28P01', '28000', '25006', '25P03', '40001', '40P01', '55P03', '55006', '08000', '08003', '08006'].map(coded),
  ...['08P01', '3D000', '58000', '58030', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'].map(coded),
  ...['EAI_AGAIN', 'EHOSTUNREACH', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED'].map(coded),
  ...['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'CERT_HAS_EXPIRED', 'SASL_SIGNATURE_MISMATCH'].map(coded),
  ['an embedded database that was closed', () => new Error('PGlite is closed')],
  ['one that is being closed', () => new Error('PGlite is closing')],
];

/** What stays until somebody mends it. */
export const faults: Fault[] = [
  ...['23505', '23503', '42P01', '42501', '42703', '22P02', '22021', '25P02', 'XX000', 'XX001', 'P0001'].map(coded),
  ...['ERR_INVALID_ARG_TYPE', '53', 'toString'].map(coded),
  ['an error without a code', () => new TypeError('x is undefined')],
];

/** Whatever is asked of it, the answer is this error, wrapped as Drizzle does. */
function answering(make: () => Error): unknown {
  const wrapped = () => new Error('Failed query: select 1\nparams: canary of a row', { cause: make() });
  return new Proxy(() => {}, {
    get: (_, name) =>
      name === 'then' ? (_done: unknown, failed: (error: Error) => void) => failed(wrapped()) : answering(make),
    apply: () => answering(make),
  });
}

/** A database that answers every question with this error. */
export function failingDatabase(make: () => Error): Database {
  const db = answering(make) as Database['db'];
  const fail = () => Promise.reject(make());
  return { db, hot: { read: fail, write: fail }, engine: 'postgres', close: async () => {} };
}
