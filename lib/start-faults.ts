import { scrub } from '#lib/log';

/** Faults of the start that say by themselves what to do. */
const ours = new Set([
  'ConfigError',
  'DataFolderInUse',
  'DataFolderOpen',
  'NotMigrated',
  'ExtensionMissing',
  'MissingVaultKeys',
  'KeyServiceDown',
  'ScriptInventoryMissing',
]);

const database = 'The database at DATABASE_URL';
const certificate = `${database} shows a certificate that this process does not trust. Set sslmode and sslrootcert in the URL, or NODE_EXTRA_CA_CERTS.`;

/** Faults of this machine, by the code of the operating system (errno) or of SQLite, and what to do about each. */
const systemFaults: Readonly<Record<string, string>> = {
  EROFS: 'The data folder is on a read-only file system. Set DATA_DIR to a folder that this process may write to.',
  EACCES:
    'A file, a folder or a port is not open to this process. DATA_DIR must be a folder that its user owns; ports below 1024 need a right of their own.',
  EPERM: 'The data folder does not belong to this process’s user. Set DATA_DIR to a folder that it owns.',
  ENOENT:
    'A file or folder is missing. DATA_DIR must lie in a folder that is there, and the process is started in the product’s own folder.',
  ENOTDIR: 'DATA_DIR, or a part of its path, is no folder.',
  EEXIST: 'DATA_DIR is a file, not a folder.',
  ENOSPC: 'The disk is full. Make room for the data folder, then start again.',
  EDQUOT: 'The quota of this process’s user is used up. Make room for the data folder, then start again.',
  EIO: 'The disk of the data folder does not read or write. See the system’s log.',
  EMFILE: 'This process may open no more files. Raise its limit (`ulimit -n`).',
  EADDRINUSE: 'PORT is taken by another process. Stop that one, or set another PORT.',
  EADDRNOTAVAIL: 'HOST is no address of this machine.',
};

/** Faults of the database, by the code of the operating system, of Node or of PostgreSQL (SQLSTATE, Appendix A). */
const databaseFaults: Readonly<Record<string, string>> = {
  ECONNREFUSED: `${database} refuses connections: nothing listens there, or it is just starting.`,
  ECONNRESET: `${database} cut the connection.`,
  EHOSTUNREACH: `${database} cannot be reached from here.`,
  ENETUNREACH: `${database} cannot be reached from here.`,
  ETIMEDOUT: `${database} did not answer in time.`,
  CONNECT_TIMEOUT: `${database} did not answer in time.`,
  CONNECTION_CLOSED: `${database} closed the connection. With sslmode=require it must offer TLS.`,
  ENOTFOUND: `The host in DATABASE_URL has no address.`,
  EAI_AGAIN: `The host in DATABASE_URL cannot be looked up just now: the resolver does not answer.`,
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate,
  SELF_SIGNED_CERT_IN_CHAIN: certificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  CERT_HAS_EXPIRED: `The certificate of the database at DATABASE_URL has expired.`,
  ERR_TLS_CERT_ALTNAME_INVALID: `The certificate of the database is for another host than the one in DATABASE_URL.`,
  '28P01': `${database} does not accept the password of its role.`,
  '28000': `${database} does not let this role in. See its pg_hba.conf.`,
  '3D000': `${database} does not exist on that server. Create it.`,
  '42501':
    'The role in DATABASE_URL lacks a right. Run `npm run -s grantkeep -- migrate` with MIGRATE_DATABASE_URL set to the owner’s role.',
  '42P01': 'A table is missing, as in a copy of the database that was restored in part. Restore it whole.',
  '53100': 'The database server’s disk is full.',
  '53200': 'The database server has no memory to spare.',
  '53300': 'The database server has no connection to spare. Raise max_connections, or run fewer processes.',
  '57P01': 'The database server is shutting down.',
  '57P02': 'The database server is recovering from a crash.',
  '57P03': 'The database server is starting. Try again in a moment.',
  '25006': 'The database server takes no writes: it is a standby, or set to read-only.',
  XX001: 'The database’s files are damaged. Restore it from a backup.',
  XX002: 'An index of the database is damaged. Restore it from a backup, or let its owner reindex it.',
};

/** The faults of a start. */
export const startFaults: Readonly<Record<string, string>> = { ...systemFaults, ...databaseFaults };

/** SQLite's codes for the lock of the data folder: read-only, input or output, full, cannot be opened, no database. */
const sqliteFaults: Readonly<Record<number, string>> = {
  8: 'EROFS',
  10: 'EIO',
  13: 'ENOSPC',
  14: 'EACCES',
};

function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ('errcode' in at && typeof at.errcode === 'number') codes.push(sqliteFaults[at.errcode & 255] ?? '');
    if ('code' in at && typeof at.code === 'string') codes.push(at.code);
    if (at instanceof AggregateError) codes.push(...at.errors.flatMap(codesOf));
  }
  return codes;
}

/** The message of the innermost cause: the outer ones quote statements. */
function innermost(error: unknown): string {
  let at = error;
  for (let depth = 0; at instanceof Error && at.cause instanceof Error && depth < 8; depth++) at = at.cause;
  const message = at instanceof Error ? at.message : `thrown ${typeof at}`;
  return scrub(message.split('\n', 1)[0] ?? '').slice(0, 300);
}

/** What a command that asked the database says of its fault; undefined where the fault is another. Without secrets. */
export function sayDatabaseFault(error: unknown): string | undefined {
  // The message of a query quotes its statement.
  const isQuery = error instanceof Error && error.message.startsWith('Failed query');
  if (!isQuery && !(error instanceof Error && 'code' in error)) return undefined;
  const code = codesOf(error).find((each) => each in databaseFaults);
  if (code) return `${databaseFaults[code]} (${code}: ${innermost(error)})`;
  return isQuery ? innermost(error) : undefined;
}

/** Why the process cannot start, as sentences of one line, or as the list of faults of a configuration. Without secrets. */
export function sayStartFault(error: unknown): string {
  if (error instanceof Error && ours.has(error.name)) {
    const cause =
      error.cause === undefined
        ? ''
        : ` (${codesOf(error.cause).find((code) => code !== 'ERR_SQLITE_ERROR') ?? innermost(error.cause)})`;
    return error.name === 'NotMigrated' ? error.message + cause : error.message;
  }
  const known = codesOf(error).find((code) => code in startFaults);
  const detail = innermost(error);
  if (known) return `Grantkeep cannot start: ${startFaults[known]} (${known}: ${detail})`;
  return `Grantkeep cannot start: ${detail}`;
}
