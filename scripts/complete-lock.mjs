// Adds to package-lock.json the optional packages of other platforms that npm left out because the registry at hand
// does not serve them. npm 11's `npm ci` refuses a lock file without them. Run after each change of the lock file.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const platforms = new Set([
  'android',
  'darwin',
  'freebsd',
  'linux',
  'openbsd',
  'netbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
]);
const processors = new Set([
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
]);
const exactVersion = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

/**
 * What the name of a platform package says about where it runs, in the fields of package.json.
 * @param {string} name such as `@next/swc-linux-x64-musl`
 * @returns {{ os?: string[], cpu?: string[], libc?: string[] }}
 */
export function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => platforms.has(word));
  const cpu = words.filter((word) => processors.has(word));
  const libc = words.flatMap((word) => (word.startsWith('musl') ? ['musl'] : word.startsWith('gnu') ? ['glibc'] : []));
  return {
    ...(libc.length > 0 && os.includes('linux') && { libc }),
    ...(os.length > 0 && { os }),
    ...(cpu.length > 0 && { cpu }),
  };
}

/**
 * Adds the missing entries to a parsed lock file (lockfileVersion 3) and returns their names.
 * Throws for a missing package whose version is a range or whose name tells no platform.
 * @param {{ packages: Record<string, unknown> }} lock
 * @returns {string[]}
 */
export function completeLock(lock) {
  const added = [];
  for (const [parent, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isLocked(lock, parent, name)) continue;
      const platform = platformOf(name);
      if (!exactVersion.test(version) || !platform.cpu)
        throw new Error(`Cannot complete ${name}@${version} of ${parent}.`);
      lock.packages[`node_modules/${name}`] = {
        version,
        ...(entry.dev && { dev: true }),
        ...(entry.license && { license: entry.license }),
        optional: true,
        ...platform,
        ...(entry.engines && { engines: entry.engines }),
      };
      added.push(name);
    }
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  return added;
}

/** True when `name` resolves from the package at `parent`, searching upwards as Node does. */
function isLocked(lock, parent, name) {
  for (let folder = parent; ; ) {
    if (lock.packages[`${folder ? `${folder}/` : ''}node_modules/${name}`]) return true;
    if (folder === '') return false;
    folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url);
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const added = completeLock(lock);
  if (added.length > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(added.length > 0 ? `Added to package-lock.json: ${added.join(', ')}` : 'package-lock.json is complete.');
}
