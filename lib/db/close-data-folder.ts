import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { getLogger } from '#lib/log';

/** The data folder, or the way to it, is in somebody else's hands. */
export class DataFolderOpen extends Error {
  override readonly name = 'DataFolderOpen';
  constructor(path: string, fault: string) {
    super(
      `The data folder cannot be used: ${path} ${fault}. Set DATA_DIR to a folder that only this process's user can change.`,
    );
  }
}

const others = 0o077;
const othersWrite = 0o022;
const sticky = 0o1000;

/** This process's user and group; undefined where the system has no such thing. */
function ourselves(): { uid: number; gid: number } | undefined {
  const uid = process.geteuid?.();
  const gid = process.getegid?.();
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}

type Self = NonNullable<ReturnType<typeof ourselves>>;

/** A group that has its user's number is that user's alone, as most systems make one for each. */
const isOwnGroup = (found: Stats, { uid, gid }: Self) => found.uid === uid && found.gid === gid && gid === uid;

/** True where somebody else could rename or replace what lies in this folder. In a sticky one only its own owner can. */
function isChangedByOthers(found: Stats, self: Self): boolean {
  const writable = found.mode & (isOwnGroup(found, self) ? 0o002 : othersWrite);
  return writable !== 0 && (found.mode & sticky) === 0;
}

/**
 * The way to a path, links included: each step must belong to this user or to root, and no other user may replace it.
 */
function checkWay(path: string, self: Self): void {
  const step = lstatSync(path);
  if (step.uid !== self.uid && step.uid !== 0) throw new DataFolderOpen(path, `belongs to user ${step.uid}`);
  const above = dirname(path);
  if (step.isSymbolicLink()) checkWay(resolve(above, readlinkSync(path)), self);
  if (above === path) return;
  const found = statSync(above);
  if (isChangedByOthers(found, self))
    throw new DataFolderOpen(path, `lies in ${above}, in which others may replace it (mode ${octal(found.mode)})`);
  checkWay(above, self);
}

const octal = (mode: number) => (mode & 0o7777).toString(8);

/** The folder's files must be ours: a neighbour may have laid a link or a file there while the folder was open. */
function checkEntries(path: string, self: Self): void {
  for (const name of readdirSync(path)) {
    const entry = lstatSync(join(path, name));
    if (entry.isSymbolicLink()) throw new DataFolderOpen(join(path, name), 'is a symbolic link');
    if (entry.uid !== self.uid && entry.uid !== 0)
      throw new DataFolderOpen(join(path, name), `belongs to user ${entry.uid}`);
  }
}

/**
 * Makes the data folder where it is missing, and keeps other users out: it closes a folder that is open to them (mode
 * 0700), and the log says so. Call it before anything in the folder is opened.
 * @throws DataFolderOpen where it is another user's, cannot be closed, or others could put another folder in its place
 */
export function closeDataFolder(dataDir: string): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const self = ourselves();
  if (!self) return;
  checkWay(resolve(dataDir), self);
  const path = realpathSync(dataDir);
  const found = statSync(path);
  if (found.uid !== self.uid)
    throw new DataFolderOpen(path, `belongs to user ${found.uid}, and this process runs as user ${self.uid}`);
  checkEntries(path, self);
  if ((found.mode & others) === 0) return;
  chmodSync(path, 0o700);
  if ((statSync(path).mode & others) !== 0)
    throw new DataFolderOpen(path, `is open to others (mode ${octal(found.mode)}) and cannot be closed`);
  // What was laid there between the first look and the closing
  checkEntries(path, self);
  getLogger().warn({ event: 'data_folder_closed', folder: path, was: octal(found.mode), now: '700' });
}
