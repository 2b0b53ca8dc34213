// Makes the project's own Node (an optional dependency that is a binary) the one that npm scripts find first.
// npm 11 links it into node_modules/.bin; npm 10 removes that link again when it drops the other processors' packages.
import { existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * The path of the project's own Node 24, linked as node_modules/.bin/node, or undefined where npm has none for this
 * platform.
 * @returns {string | undefined}
 */
export function projectNode() {
  const target = join(`node-${process.platform}-${process.arch}`, 'bin', 'node');
  const binary = join(root, 'node_modules', target);
  if (!existsSync(binary)) return undefined;
  const link = join(root, 'node_modules', '.bin', 'node');
  if (!existsSync(link) || realpathSync(link) !== realpathSync(binary)) {
    mkdirSync(join(root, 'node_modules', '.bin'), { recursive: true });
    rmSync(link, { force: true });
    symlinkSync(join('..', target), link);
  }
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) projectNode();
