import { run } from './processes.ts';

/** True where this process may install Debian packages. */
export function canInstallPackages(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** Installs Debian packages with apt-get, waiting for another run of it to finish. Resolves to true when that worked. */
export async function installPackages(...names: string[]): Promise<boolean> {
  console.log(`  installing ${names.join(', ')} with apt-get …`);
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-q', '-y', '--no-install-recommends'];
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const attempt = () => run('apt-get', ['install', ...options, ...names], { env: environment, stdio: quiet });
  if ((await attempt()) === 0) return true;
  // A new machine's package lists are empty or old.
  if ((await run('apt-get', ['update', '-q'], { env: environment, stdio: quiet })) !== 0) return false;
  return (await attempt()) === 0;
}

/** Keeps apt-get's long report out of sight, but not its errors. */
const quiet: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit'];
