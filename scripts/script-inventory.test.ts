import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { inventoryFile, inventoryIntegrity, readInventory } from '#lib/page-scripts/inventory';
import { makeInventory } from '#scripts/script-inventory';

let root = '';
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What Next leaves of a build, as far as the inventory reads it. */
function build(more: Record<string, string> = {}): string {
  root = mkdtempSync(join(tmpdir(), 'grantkeep-inventory-'));
  const page = {
    clientModules: {
      '[project]/app/_ui/menu.tsx <module evaluation>': { chunks: ['/_next/static/chunks/b.js'] },
      '[project]/node_modules/@base-ui/react/esm/x.js': { chunks: ['/_next/static/chunks/b.js'] },
    },
    entryJSFiles: {
      '[project]/app/(account)/connections/[id]/page': ['static/chunks/b.js'],
      '[project]/app/(account)/error': ['static/chunks/b.js'],
    },
  };
  const files = {
    BUILD_ID: 'build-1',
    'build-manifest.json': JSON.stringify({
      rootMainFiles: ['static/chunks/a.js'],
      polyfillFiles: ['static/chunks/p.js'],
      lowPriorityFiles: ['static/build-1/_ssgManifest.js'],
    }),
    'server/app/page_client-reference-manifest.js': `globalThis.__RSC_MANIFEST=globalThis.__RSC_MANIFEST||{};globalThis.__RSC_MANIFEST["/page"]=${JSON.stringify(page)}`,
    'static/chunks/a.js': 'a',
    'static/chunks/b.js': 'b',
    'static/chunks/p.js': 'p',
    'static/build-1/_ssgManifest.js': 's',
    ...more,
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, '.next', name)), { recursive: true });
    writeFileSync(join(root, '.next', name), content);
  }
  return root;
}

describe('the inventory', () => {
  test('names each script with its hash, its reason, its pages and its modules', () => {
    const inventory = makeInventory(build());
    expect(inventory.build).toBe('build-1');
    expect(inventory.scripts.map(({ path, kind }) => [path, kind])).toEqual([
      ['/_next/static/build-1/_ssgManifest.js', 'unused'],
      ['/_next/static/chunks/a.js', 'framework'],
      ['/_next/static/chunks/b.js', 'pages'],
      ['/_next/static/chunks/p.js', 'polyfill'],
    ]);
    expect(inventory.scripts[2]).toMatchObject({
      bytes: 1,
      integrity: 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0=',
      pages: ['/ (error)', '/connections/[id]'],
      modules: ['@base-ui/react', 'app/_ui/menu.tsx'],
    });
    writeFileSync(join(root, inventoryFile), JSON.stringify(inventory));
    expect(readInventory(root)).toEqual(inventory);
    expect([...inventoryIntegrity(inventory).keys()]).not.toContain('/_next/static/build-1/_ssgManifest.js');
  });

  test('has no script without a reason: the build fails', () => {
    expect(() => makeInventory(build({ 'static/chunks/x.js': 'x' }))).toThrow('static/chunks/x.js');
  });

  test.each<[string, string | undefined]>([
    ['is missing', undefined],
    ['is no JSON', '{'],
    ['is of another form', '{"format":"grantkeep/scripts/1","build":"b","scripts":[]}'],
  ])('that %s keeps the process from starting', (_, content) => {
    build(content === undefined ? {} : { 'script-inventory.json': content });
    expect(() => readInventory(root)).toThrow(/npm run build/);
  });
});
