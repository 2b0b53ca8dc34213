import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** The last observation of the database from outside of it. */
const witnessSchema = z.object({
  id: z.string(),
  generation: z.int(),
  /** Milliseconds since 1970, by the database's clock. */
  mark: z.number(),
});
export type Witness = z.infer<typeof witnessSchema>;

/**
 * How far a database may be behind without a freeze, in milliseconds: a standby that takes over may lack the last seconds,
 * and the refresh tokens that were replaced within them are those of few.
 */
const forgivenMs = 120_000;

/** True where the database is at an earlier state than was seen. One of a later generation was found so already. */
export function isBehind(found: Pick<Witness, 'generation' | 'mark'>, { generation, mark }: Witness): boolean {
  return generation > found.generation || (generation === found.generation && mark > found.mark + forgivenMs);
}

// One for each database: who works on another one for a while, as in development, has seen nothing of it.
const nameIn = (dataDir: string, id: string) => join(dataDir, `witness-${id.replace(/[^\w-]/g, '')}.json`);

/**
 * The last observation of that database by a process that used this data folder; null where there is none, or it cannot
 * be read.
 */
export async function readWitness(dataDir: string, id: string): Promise<Witness | null> {
  try {
    return witnessSchema.parse(JSON.parse(await readFile(nameIn(dataDir, id), 'utf8')));
  } catch {
    return null;
  }
}

/** Keeps what was seen, whole or not at all. */
export async function keepWitness(dataDir: string, witness: Witness): Promise<void> {
  const name = nameIn(dataDir, witness.id);
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const fresh = `${name}.${process.pid}`;
  await writeFile(fresh, JSON.stringify(witness), { mode: 0o600 });
  await rename(fresh, name);
}
