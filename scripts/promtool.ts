import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './processes.ts';
import { isExecutable, pathFolders } from './programs.ts';
import { canInstallPackages } from './system-packages.ts';

export type PrometheusProgram = 'prometheus' | 'promtool';

const kept = (name: PrometheusProgram) => join(tmpdir(), `grantkeep-${name}`);

/**
 * Prometheus, or its checker of rules: where it is installed, else taken out of Debian's package, since a test must not
 * start the package's daemon. Undefined where neither can be.
 */
export async function findPrometheus(name: PrometheusProgram): Promise<string | undefined> {
  const known = [...pathFolders().map((folder) => join(folder, name)), kept(name)].find(isExecutable);
  if (known || !canInstallPackages()) return known;
  const folder = await mkdtemp(join(tmpdir(), 'promtool-'));
  try {
    const fetch = 'apt-get download -q prometheus';
    const script = `${fetch} || { flock /var/lib/apt apt-get update -q && ${fetch}; } || exit 1
      dpkg-deb --fsys-tarfile prometheus_*.deb | tar x ./usr/bin/promtool ./usr/bin/prometheus`;
    if ((await run('sh', ['-c', script], { cwd: folder, stdio: 'ignore' })) !== 0) return undefined;
    // Two runs at once both end with a whole file.
    for (const each of ['promtool', 'prometheus'] as const) await rename(join(folder, 'usr/bin', each), kept(each));
    return kept(name);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
