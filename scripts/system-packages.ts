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
  // Its own waiting covers neither the lists nor the archives, and tests and stories may ask at the same time.
  const aptGet = (...args: string[]) =>
    run('flock', ['/var/lib/apt', 'apt-get', ...args], { env: environment, stdio: quiet });
  const attempt = () => aptGet('install', ...options, ...names);
  if ((await attempt()) === 0) return true;
  // A new machine's package lists are empty or old.
  if ((await aptGet('update', '-q')) !== 0) return false;
  return (await attempt()) === 0;
}

/** Keeps apt-get's long report out of sight, but not its errors. */
const quiet: ['ignore', 'ignore', 'inherit'] = ['ignore', 'ignore', 'inherit'];
