import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A version that somebody may run: a heading of CHANGELOG.md, and the commit that it was. */
export interface Release {
  version: string;
  commit: string;
}

export const releases = JSON.parse(readFileSync('tests/releases.json', 'utf8')) as Release[];

/** The program that is `server.ts` without pages, and what it and the filling of its database need. */
const parts = ['lib', 'drizzle', 'bench/programs', 'package.json', 'tests'];

const git = (...args: string[]) =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], {
    maxBuffer: 256 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Whether git and its history have the commit: a shallow clone and an unpacked archive do not. */
export function hasHistory({ commit }: Release): boolean {
  try {
    git('cat-file', '-e', `${commit}^{commit}`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Lays out the code of a release as git has it, with the packages that are installed here: an archive of each release's
 * own would need a registry.
 */
export function layRelease({ commit }: Release): { folder: string; remove(): void } {
  // Elsewhere than here, so that `#lib/…` is the release's own; and not within node_modules, where Node strips no types.
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-release-'));
  execFileSync('tar', ['x', '-C', folder], { input: git('archive', commit, ...parts) });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  cpSync('tests/fill-release.ts', join(folder, 'tests/fill-release.ts'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
