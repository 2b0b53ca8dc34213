import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { once } from '#lib/process-parts';

/** The file that the build writes, from the top of this repository. */
export const inventoryFile = '.next/script-inventory.json';

const scriptKinds = ['framework', 'polyfill', 'pages', 'unused'] as const;
export type ScriptKind = (typeof scriptKinds)[number];

/** Why a script of each kind is there. */
export const kindReasons: Record<ScriptKind, string> = {
  framework: 'React and the client of Next.js: they make each page work and lead from one to the next.',
  polyfill: 'Functions that old browsers lack. Browsers with modules do not load it.',
  pages: 'The parts of these pages that need a browser: menus, dialogs, times, live lists, forms.',
  unused: 'Next.js writes it for another router. No page loads it.',
};

const scriptSchema = z.object({
  /** The path in addresses: `/_next/static/chunks/….js`. */
  path: z.string(),
  bytes: z.number().int(),
  /** `sha256-…`, as in the attribute (W3C Subresource Integrity §3.3). */
  integrity: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/),
  kind: z.enum(scriptKinds),
  reason: z.string(),
  /** The pages that load it; of a script of the framework none is named, since all do. */
  pages: z.array(z.string()),
  /** What of this repository and of which packages lies in it. */
  modules: z.array(z.string()),
});
export type InventoryScript = z.infer<typeof scriptSchema>;

const inventorySchema = z.object({
  format: z.literal('grantkeep/scripts/1'),
  /** The id that Next.js gave the build. */
  build: z.string(),
  scripts: z.array(scriptSchema).min(1),
});
export type ScriptInventory = z.infer<typeof inventorySchema>;

/** A build without its inventory. The process does not start with it: its pages would run scripts that nothing vouches for. */
export class ScriptInventoryMissing extends Error {
  override readonly name = 'ScriptInventoryMissing';
}

/** The inventory of the build below `root`. @throws ScriptInventoryMissing */
export function readInventory(root: string): ScriptInventory {
  try {
    return inventorySchema.parse(JSON.parse(readFileSync(join(root, inventoryFile), 'utf8')));
  } catch (cause) {
    throw new ScriptInventoryMissing(
      `${inventoryFile} is missing or cannot be read. Make the build with \`npm run build\`.`,
      { cause },
    );
  }
}

/** The inventory that came with this build, read once; null where there is none, as while developing. */
export const buildInventory = (): ScriptInventory | null =>
  once('script-inventory', () => {
    try {
      return readInventory(process.cwd());
    } catch {
      return null;
    }
  });

/** Integrity by path, of the scripts that a page can load. */
export const inventoryIntegrity = ({ scripts }: ScriptInventory): ReadonlyMap<string, string> =>
  new Map(scripts.filter(({ kind }) => kind !== 'unused').map(({ path, integrity }) => [path, integrity]));
