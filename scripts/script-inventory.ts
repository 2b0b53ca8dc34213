import { hash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { kindReasons, type ScriptInventory, type ScriptKind } from '#lib/page-scripts/inventory';

/** The parts of Next's build manifest that name scripts. */
interface BuildManifest {
  rootMainFiles: string[];
  polyfillFiles: string[];
  lowPriorityFiles: string[];
}

/** The parts of Next's manifest of a page that name scripts: by component, and by part of the page. */
interface PageManifest {
  clientModules: Record<string, { chunks: string[] }>;
  entryJSFiles?: Record<string, string[]>;
}

interface Uses {
  pages: Set<string>;
  modules: Set<string>;
}

/** `[project]/app/(account)/error` → `/ (error)`; `[project]/app/admin/checks/page` → `/admin/checks`. */
function pageOf(entry: string): string {
  const parts = entry
    .replace('[project]/app', '')
    .split('/')
    .filter((part) => part !== '' && !/^\(.*\)$/.test(part));
  const last = parts.pop() ?? '';
  const path = `/${parts.join('/')}`;
  return last === 'page' ? path : `${path} (${last})`;
}

/** `[project]/node_modules/@base-ui/react/esm/….js <module evaluation>` → `@base-ui/react`; files of ours keep their path. */
function moduleOf(name: string): string {
  const path = name.replace('[project]/', '').replace(/ <.*$/, '');
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;
}

/** Which pages and modules each script is for, by its path below `.next`. */
function readUses(root: string): Map<string, Uses> {
  const uses = new Map<string, Uses>();
  const usesOf = (path: string): Uses => {
    const found = uses.get(path) ?? { pages: new Set(), modules: new Set() };
    uses.set(path, found);
    return found;
  };
  for (const file of globSync('.next/server/app/**/*_client-reference-manifest.js', { cwd: root })) {
    const scope: { globalThis: { __RSC_MANIFEST?: Record<string, PageManifest> } } = { globalThis: {} };
    runInNewContext(readFileSync(join(root, file), 'utf8'), scope);
    for (const { clientModules, entryJSFiles = {} } of Object.values(scope.globalThis.__RSC_MANIFEST ?? {})) {
      for (const [name, { chunks }] of Object.entries(clientModules))
        for (const chunk of chunks) usesOf(chunk.replace('/_next/', '')).modules.add(moduleOf(name));
      for (const [entry, chunks] of Object.entries(entryJSFiles))
        for (const chunk of chunks) usesOf(chunk).pages.add(pageOf(entry));
    }
  }
  return uses;
}

/**
 * The inventory of the scripts that Next has just built below `root`.
 * @throws Error that names a script for which there is no reason
 */
export function makeInventory(root: string): ScriptInventory {
  const manifest = JSON.parse(readFileSync(join(root, '.next/build-manifest.json'), 'utf8')) as BuildManifest;
  const uses = readUses(root);
  const kinds: [ScriptKind, string[]][] = [
    ['framework', manifest.rootMainFiles],
    ['polyfill', manifest.polyfillFiles],
    ['unused', manifest.lowPriorityFiles],
    ['pages', [...uses.keys()]],
  ];
  const scripts = globSync('static/**/*.js', { cwd: join(root, '.next') })
    .sort()
    .map((file) => {
      const kind = kinds.find(([, files]) => files.includes(file))?.[0];
      if (!kind)
        throw new Error(`Nothing tells why the build has the script ${file}. See scripts/script-inventory.ts.`);
      const content = readFileSync(join(root, '.next', file));
      const { pages, modules } = (kind === 'pages' && uses.get(file)) || { pages: [], modules: [] };
      return {
        path: `/_next/${file}`,
        bytes: content.length,
        integrity: `sha256-${hash('sha256', content, 'base64')}`,
        kind,
        reason: kindReasons[kind],
        pages: [...pages].sort(),
        modules: [...modules].sort(),
      };
    });
  return {
    format: 'grantkeep/scripts/1',
    build: readFileSync(join(root, '.next/BUILD_ID'), 'utf8').trim(),
    scripts,
  };
}
