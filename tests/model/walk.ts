import fc from 'fast-check';
import { openWorldDatabase } from '#tests/model/records';
import { steps } from '#tests/model/steps';
import { startVirtualTime } from '#tests/model/virtual-time';
import { World } from '#tests/model/world';

export interface Walk {
  seed: number;
  /** Walks, each in a world of its own. */
  walks: number;
  stepsPerWalk: number;
  /** Of one failed walk, as its failure says. */
  path?: string;
}

/**
 * Walks hubs, database and authorization server through stalls, cuts, late answers, restarts and promotions in random
 * order, on a virtual clock. Answers how many steps were made.
 * @throws what fast-check says of the shortest walk that breaks an invariant, with its seed and path
 */
export async function walkTheModel({ seed, walks, stepsPerWalk, path }: Walk): Promise<number> {
  const database = await openWorldDatabase();
  const time = startVirtualTime();
  let made = 0;
  try {
    const walk = fc.asyncProperty(
      fc.commands(steps, { maxCommands: stepsPerWalk, size: 'max' }),
      fc.constantFrom(0, 0, 60, 60, 1800),
      async (commands, leewaySeconds) => {
        const world = await World.create(database, time, { hubs: 3, connections: 3, leewaySeconds });
        const model = { steps: 0 };
        await fc.asyncModelRun(() => ({ model, real: world }), commands);
        await world.finish();
        made += model.steps;
      },
    );
    await fc.assert(walk, { seed, numRuns: walks, endOnFailure: true, ...(path === undefined ? {} : { path }) });
    return made;
  } catch (error) {
    // A reader begins with the steps that happened before.
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    throw new Error(`${cause}\n${String(error)}`, { cause: error });
  } finally {
    time.stop();
    await database.close();
  }
}
