import { join } from 'node:path';
import { isExecutable, pathFolders } from './programs.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

/** Programs, and the Debian package in which each lies. */
const packages = {
  bwrap: 'bubblewrap',
  caddy: 'caddy',
  haproxy: 'haproxy',
  nginx: 'nginx',
  pgbouncer: 'pgbouncer',
  unzip: 'unzip',
  'systemd-analyze': 'systemd',
} as const;
export type DebianProgram = keyof typeof packages;

/** Where daemons are, whether or not PATH says so. */
const systemFolders = ['/usr/sbin', '/usr/local/sbin'];

function find(name: DebianProgram): string | undefined {
  return [...pathFolders(), ...systemFolders].map((folder) => join(folder, name)).find(isExecutable);
}

/**
 * Finds a program, or installs its Debian package where we are root.
 * @throws an Error that says what the reader can do
 */
export async function getDebianProgram(name: DebianProgram): Promise<string> {
  const found =
    find(name) ?? ((canInstallPackages() && (await installPackages(packages[name])) && find(name)) || undefined);
  if (found) return found;
  throw new Error(`${name} was not found and could not be installed. Install Debian’s package ${packages[name]}.`);
}
