import { globSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** The programs of a deployment: the hub, its command line, and the probe of its health. */
const programs = ['server.ts', 'scripts/grantkeep.mjs', 'deploy/image/health.mjs'];

/** Files that programs read by their path, seen from the product's folder. */
const readByPath = [
  ...['package.json', 'LICENSE*', 'public/**', 'drizzle/*.sql', 'drizzle/meta/_journal.json'],
  ...['docs/conformance-results.json', 'next.config.mjs'],
  // Next puts its own webpack in the place of another one at each start, by names that no tracer sees.
  ...['node_modules/next/dist/compiled/webpack/*.js', 'node_modules/next/dist/compiled/@babel/runtime/package.json'],
  ...[
    '.next/BUILD_ID',
    '.next/package.json',
    '.next/*.json',
    '.next/server/**',
    '.next/static/**',
    '.next/node_modules/**',
  ],
];

/** Parts of packages that nothing reads while the hub runs. */
const unneeded = [
  // Next loads these to build or to develop only, and its optimiser of images is off.
  ...['node_modules/@img/**', 'node_modules/sharp/**', 'node_modules/@next/swc-*/**', 'node_modules/typescript/**'],
  'node_modules/next/dist/compiled/next-server/*.dev.js',
  'node_modules/next/dist/compiled/{babel,babel-packages,postcss-preset-env,next-devtools,terser}/**',
];

/** Maps, types, papers and traces: read by tools and people only. */
const unneededKinds = /\.(?:map|md|nft\.json|test\.ts|d\.[cm]?ts)$/;

interface Tracer {
  nodeFileTrace(
    files: string[],
    options: {
      base: string;
      processCwd: string;
      ignore: string[];
      readFile: (path: string) => Promise<string | Buffer | null>;
    },
  ): Promise<{ fileList: Set<string> }>;
}

/** The source as Node runs it: types are blanked out. */
async function sourceOf(path: string): Promise<string | Buffer | null> {
  try {
    if (!path.endsWith('.ts')) return await readFile(path);
    return stripTypeScriptTypes(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

/** The packages that the build's own traces name for pages: modules that stay outside of the bundles. */
function packagesOfPages(root: string): string[] {
  const files = globSync('.next/**/*.nft.json', { cwd: root }).flatMap((trace) => {
    const { files } = JSON.parse(readFileSync(join(root, trace), 'utf8')) as { files: string[] };
    return files.map((file) => relative(root, join(root, dirname(trace), file)));
  });
  return files.filter((file) => file.startsWith('node_modules/'));
}

/**
 * The files that a hub needs to run, seen from the product's folder: the sources and packages that its programs import, by
 * Next's own tracer, and the build. Without the binary of Node.
 */
export async function deployedFiles(root: string): Promise<string[]> {
  const require = createRequire(join(root, 'package.json'));
  const { nodeFileTrace } = require('next/dist/compiled/@vercel/nft') as Tracer;
  const { fileList } = await nodeFileTrace(programs, {
    base: root,
    processCwd: root,
    ignore: unneeded,
    readFile: sourceOf,
  });
  const traced = [...fileList, ...packagesOfPages(root)].filter((file) =>
    /^(?:node_modules|lib|scripts|deploy|server\.ts)/.test(file),
  );
  const all = new Set([...traced, ...programs, ...globSync(readByPath, { cwd: root })]);
  const left = new Set(globSync(unneeded, { cwd: root }));
  return [...all].filter((file) => !left.has(file) && !unneededKinds.test(file)).sort();
}
