import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inventoryFile } from '../lib/page-scripts/inventory.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { deployedFiles } from './deployed-files.ts';
import { projectNode } from './project-node.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The bill of materials beside the product. */
const bomFile = 'sbom.cdx.json';

/**
 * Writes a folder with all that a hub needs to run and nothing more: sources, build, the packages in use, Node as `node`, the
 * command line as `grantkeep`, and a bill of materials.
 * @throws Error without a build
 */
export async function writeDeployment(folder: string): Promise<void> {
  if (!existsSync(join(root, inventoryFile))) throw new Error('There is no build. Run `npm run build` first.');
  const node = projectNode();
  if (!node) throw new Error('npm has no Node for this platform.');
  rmSync(folder, { recursive: true, force: true });
  for (const file of await deployedFiles(root)) {
    const [from, to] = [join(root, file), join(folder, file)];
    const found = lstatSync(from);
    if (found.isDirectory()) continue;
    mkdirSync(dirname(to), { recursive: true });
    // Next's links to packages stay links.
    if (found.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
    else copyFileSync(from, to);
  }
  copyFileSync(node, join(folder, 'node'));
  copyFileSync(join(root, 'deploy/image/grantkeep'), join(folder, 'grantkeep'));
  writeFileSync(join(folder, bomFile), `${JSON.stringify(await billOfMaterials(root), null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (!folder) {
    console.error('Usage: node scripts/write-deployment.ts <folder>');
    process.exit(2);
  }
  await writeDeployment(resolve(folder));
}
