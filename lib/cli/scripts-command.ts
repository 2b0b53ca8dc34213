import { inlineScripts } from '#lib/page-scripts/inline-scripts';
import { readInventory } from '#lib/page-scripts/inventory';

/**
 * The inventory of the build below this folder: a document of JSON, or a line for each script.
 * @throws ScriptInventoryMissing
 */
export function scriptsOutput({ json }: { json: boolean }): string {
  const inventory = readInventory(process.cwd());
  if (json) return `${JSON.stringify({ ...inventory, inline: inlineScripts }, null, 2)}\n`;
  const lines = inventory.scripts.map(({ path, integrity, reason, pages }) =>
    [path, `  ${integrity}`, `  ${reason}`, ...(pages.length > 0 ? [`  Pages: ${pages.join(', ')}`] : [])].join('\n'),
  );
  const inline = inlineScripts.map(({ name, reason }) => `inline, ${name}\n  ${reason}`);
  return `Build ${inventory.build}: ${lines.length} files, and ${inline.length} kinds of scripts in the markup.\n\n${[...lines, ...inline].join('\n')}\n`;
}
