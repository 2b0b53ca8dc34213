// Writes the inventory of the scripts of a build, after `next build`: node scripts/write-script-inventory.ts
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inventoryFile } from '#lib/page-scripts/inventory';
import { makeInventory } from '#scripts/script-inventory';

const root = fileURLToPath(new URL('..', import.meta.url));
writeFileSync(`${root}${inventoryFile}`, `${JSON.stringify(makeInventory(root), null, 2)}\n`);
