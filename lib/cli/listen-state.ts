import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { UsageError } from '#lib/cli/invocation';
import { replaceFile } from '#lib/cli/replace-file';

const stateSchema = z.strictObject({
  /** The origin of the hub. */
  hub: z.string(),
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{43}=$/),
  /** Where the hub's next answer begins. */
  since: z.string().max(300),
  /** Messages that it may tell of once more. */
  told: z.array(z.string().max(100)).max(1000),
});

/** Where a run of `listen` was, for the next one. */
export type ListenState = z.infer<typeof stateSchema>;

/** @throws UsageError for a file that no run wrote, or one of another hub: going on from nowhere would lose events */
export function readListenState(file: string, hub: string): ListenState | undefined {
  if (!existsSync(file)) return undefined;
  const state = stateSchema.safeParse(parsed(readFileSync(file, 'utf8')));
  if (!state.success) throw new UsageError(`${file} is no state of listen. Remove it to begin anew.`);
  if (state.data.hub !== hub) throw new UsageError(`${file} is of the hub ${state.data.hub}. Remove it to begin anew.`);
  return state.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whole or not at all, whatever happens meanwhile; for its owner only, since it has the secret. */
export function writeListenState(file: string, state: ListenState): void {
  replaceFile(file, `${JSON.stringify(state)}\n`);
}
