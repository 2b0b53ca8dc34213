import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the data folder open. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(dataDir: string, cause: unknown) {
    super(
      `The data folder ${dataDir} is in use by another Grantkeep process. Stop that one first, or set DATABASE_URL to let several processes share one PostgreSQL.`,
      { cause },
    );
  }
}

/** Primary result code of SQLite for a file that another connection has locked. */
const sqliteBusy = 5;

/**
 * Takes the data folder for this process and returns what gives it back. SQLite's exclusive lock is the file lock of the
 * operating system, which the kernel frees when the process dies, however it dies; a lock made of a file's mere
 * existence would stay behind after `kill -9`.
 * @throws DataFolderInUse
 */
export function lockDataFolder(dataDir: string): () => void {
  const file = join(dataDir, 'lock.sqlite');
  const lock = new DatabaseSync(file);
  // A user who may open it could hold the lock and keep us from starting.
  chmodSync(file, 0o600);
  try {
    lock.exec('pragma locking_mode = exclusive; pragma journal_mode = memory; begin exclusive');
  } catch (cause) {
    lock.close();
    const busy = cause instanceof Error && 'errcode' in cause && cause.errcode === sqliteBusy;
    if (!busy) throw cause;
    throw new DataFolderInUse(dataDir, cause);
  }
  return () => lock.close();
}
