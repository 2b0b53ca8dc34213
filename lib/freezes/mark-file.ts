import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const nameIn = (dataDir: string) => join(dataDir, 'instance');

/**
 * The file system's facts of the mark file: its inode and its moment of birth. A copy has its own, however faithful it
 * is otherwise. Undefined where there is none. Nothing ever writes to it: where a file system knows no births and gives
 * the last change instead, that stays, too.
 */
export async function readMarkFile(dataDir: string): Promise<string | undefined> {
  try {
    const { ino, birthtimeNs } = await stat(nameIn(dataDir), { bigint: true });
    return `${ino}:${birthtimeNs}`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the mark file anew and answers what the file system says of it. */
export async function markFile(dataDir: string): Promise<string> {
  await rm(nameIn(dataDir), { force: true });
  const file = await open(nameIn(dataDir), 'wx', 0o600);
  await file.close();
  const made = await readMarkFile(dataDir);
  if (made === undefined) throw new Error('the mark file is gone as soon as it was made');
  return made;
}
