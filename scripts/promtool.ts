import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.ts';
import { isExecutable, pathFolders } from './programs.ts';
import { canInstallPackages } from './system-packages.ts';

const kept = join(tmpdir(), 'grantkeep-promtool');

/**
 * Prometheus' own checker of rules: where it is installed, else taken out of Debian's package, since a test must not
 * start the package's daemon. Undefined where neither can be.
 */
export async function findPromtool(): Promise<string | undefined> {
  const known = [...pathFolders().map((folder) => join(folder, 'promtool')), kept].find(isExecutable);
  if (known || !canInstallPackages()) return known;
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const script =
      'apt-get download -q prometheus && dpkg-deb --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool';
    if ((await run('sh', ['-c', script], { cwd: folder, stdio: 'ignore' })) !== 0) return undefined;
    // Two runs at once both end with a whole file.
    await rename(join(folder, 'usr/bin/promtool'), kept);
    return kept;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
