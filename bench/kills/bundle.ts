import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** The hub's program as one file, and a mark that tells its code from other code. */
export interface Bundle {
  file: string;
  hash: string;
}

/**
 * Writes `bench/programs/hub.ts` and all that it imports into one file. Loading two thousand files takes three seconds of
 * a processor, loading one takes 0.4; the same code runs. A change of the sources during a run does not reach it.
 */
export async function bundleHub(folder: string): Promise<Bundle> {
  const { outputFiles } = await build({
    entryPoints: ['bench/programs/hub.ts'],
    outfile: join(folder, 'hub.mjs'),
    write: false,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // They find files of theirs beside them, or are never loaded here.
    external: ['@electric-sql/pglite', 'pg-native', 'next', 'react', 'react-dom', 'pino', 'pino-pretty'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const contents = outputFiles[0]?.contents ?? new Uint8Array();
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 16);
  const file = join(folder, `hub-${hash}.mjs`);
  // Another campaign may be starting processes from it just now.
  if (!existsSync(file)) {
    writeFileSync(`${file}.${process.pid}`, contents);
    renameSync(`${file}.${process.pid}`, file);
  }
  return { file, hash };
}
