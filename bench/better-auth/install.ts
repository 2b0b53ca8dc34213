import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { capture } from '#scripts/processes';

/** The program that is measured beside the hub. Kept out of the project's own dependencies, which never use it. */
const packages = { 'better-auth': '1.7.25', pg: '8.16.3' };

/** Installs Better Auth and its server program into a folder; answers the program. Needs npm's registry. */
export async function installBetterAuth(folder: string): Promise<string> {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, type: 'module', dependencies: packages }),
  );
  const options = ['--ignore-scripts', '--omit=peer', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = await capture('npm', ['install', ...options], { cwd: folder });
  if (status !== 0) throw new Error(`Better Auth could not be installed:\n${output}`);
  const program = join(folder, 'server.mjs');
  copyFileSync('bench/better-auth/server.mjs', program);
  return program;
}
