import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeDataFolder } from '#lib/db/close-data-folder';
import { openEmbedded } from '#lib/db/open';
import { createLogger, getLogger } from '#lib/log';
import { forget } from '#lib/process-parts';

let top: string;
let folder: string;
const logged: Record<string, unknown>[] = [];

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), 'grantkeep-folder-'));
  folder = join(top, 'data');
  mkdirSync(folder, { mode: 0o700 });
  logged.length = 0;
  forget('logger');
  const destination = { write: (line: string) => void logged.push(JSON.parse(line)) };
  getLogger(() => createLogger({ level: 'info', pretty: false, destination }));
});
afterEach(() => {
  forget('logger');
  rmSync(top, { recursive: true, force: true });
});

const modeOf = (path: string) => statSync(path).mode & 0o7777;
const isRoot = process.getuid?.() === 0;
/** A user who is neither root nor we. */
const neighbour = 65_534;

describe('A-09 a data folder that is open to others', () => {
  test.each([0o755, 0o750, 0o770, 0o777, 0o1777, 0o701, 0o710])('of mode %o is closed, and the log says so', (mode) => {
    chmodSync(folder, mode);
    closeDataFolder(folder);
    expect(modeOf(folder) & 0o777).toBe(0o700);
    expect(logged).toMatchObject([
      { event: 'data_folder_closed', 'grantkeep.folder': folder, 'grantkeep.was': mode.toString(8) },
    ]);
  });

  test('that is closed already, or made now, is worth no line', () => {
    closeDataFolder(folder);
    closeDataFolder(join(top, 'a', 'b'));
    expect([modeOf(join(top, 'a')), modeOf(join(top, 'a', 'b'))]).toEqual([0o700, 0o700]);
    expect(logged).toEqual([]);
  });

  test('in a folder whose files everybody may move is refused, unless it is sticky', () => {
    chmodSync(top, 0o777);
    expect(() => closeDataFolder(folder)).toThrow(expect.objectContaining({ name: 'DataFolderOpen' }));
    chmodSync(top, 0o1777);
    closeDataFolder(folder);
  });

  test('below such a folder is refused at any depth', () => {
    const deep = join(folder, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    chmodSync(top, 0o777);
    expect(() => closeDataFolder(deep)).toThrow(`${folder} lies in ${top}, in which others may replace it (mode 777)`);
  });

  test('is used through a link of ours, and its target is closed', () => {
    symlinkSync(folder, join(top, 'link'));
    chmodSync(folder, 0o755);
    closeDataFolder(join(top, 'link'));
    expect(modeOf(folder)).toBe(0o700);
  });

  test('through a link whose target lies where everybody may move it is refused', () => {
    const open = join(top, 'open');
    mkdirSync(join(open, 'data'), { recursive: true });
    chmodSync(open, 0o777);
    symlinkSync(join(open, 'data'), join(top, 'link'));
    expect(() => closeDataFolder(join(top, 'link'))).toThrow(expect.objectContaining({ name: 'DataFolderOpen' }));
  });

  test.each(['lock.sqlite', 'pg', 'control.sock', 'instance', 'witness-hub_1.json'])(
    'with a link in the place of %s is refused',
    (name) => {
      const elsewhere = join(top, 'elsewhere');
      writeFileSync(elsewhere, '');
      symlinkSync(elsewhere, join(folder, name));
      expect(() => closeDataFolder(folder)).toThrow(`${join(folder, name)} is a symbolic link`);
      expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
    },
  );

  // Only root can give a file away.
  if (isRoot) {
    test('that is a neighbour’s: refused, and left as it was', async () => {
      chownSync(folder, neighbour, neighbour);
      chmodSync(folder, 0o755);
      await expect(openEmbedded(folder)).rejects.toMatchObject({ name: 'DataFolderOpen' });
      expect(modeOf(folder)).toBe(0o755);
    });

    test('below a neighbour’s folder, or behind a neighbour’s link, is refused', () => {
      chownSync(top, neighbour, neighbour);
      expect(() => closeDataFolder(folder)).toThrow(`${top} belongs to user ${neighbour}`);
      chownSync(top, 0, 0);
      chmodSync(top, 0o1777);
      symlinkSync(folder, join(top, 'link'));
      lchownSync(join(top, 'link'), neighbour, neighbour);
      expect(() => closeDataFolder(join(top, 'link'))).toThrow(`${join(top, 'link')} belongs to user ${neighbour}`);
    });

    test('in which a neighbour laid a file is refused', () => {
      writeFileSync(join(folder, 'lock.sqlite'), '');
      chownSync(join(folder, 'lock.sqlite'), neighbour, neighbour);
      expect(() => closeDataFolder(folder)).toThrow(`belongs to user ${neighbour}`);
    });
  }
});
