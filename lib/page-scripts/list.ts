import type { Context } from '#lib/context';
import { requireReader } from '#lib/guards/require';
import { type InlineScript, inlineScripts } from '#lib/page-scripts/inline-scripts';
import { buildInventory, type ScriptInventory } from '#lib/page-scripts/inventory';

export interface ScriptsView {
  /** Null where the process runs without a build, as while developing. */
  inventory: ScriptInventory | null;
  inline: readonly InlineScript[];
}

/**
 * Every script that pages of this build may run, with the reason why it is there.
 * @throws AppError `unauthenticated`, `forbidden`
 */
export function listScripts(ctx: Context): ScriptsView {
  requireReader(ctx);
  return { inventory: buildInventory(), inline: inlineScripts };
}
