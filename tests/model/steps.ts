import fc from 'fast-check';
import type { World } from '#tests/model/world';

interface Made {
  steps: number;
}
type Step = fc.AsyncCommand<Made, World>;

/** A step of the world, after which everything runs until it stands still and is looked at. */
function step(name: string, run: (world: World) => void | Promise<void>): Step {
  return {
    check: () => true,
    run: async (made, world) => {
      made.steps += 1;
      await run(world);
      await world.settle();
      await world.check();
    },
    toString: () => name,
  };
}

const which = fc.nat({ max: 11 });
const durations = [50, 300, 1000, 4000, 6000, 11_000, 16_000, 35_000, 70_000, 200_000];

/** Every step that may happen. Going on is the most frequent, so that most of what begins ends. */
export const steps: fc.Arbitrary<Step>[] = [
  ...Array.from({ length: 10 }, () =>
    fc.tuple(which, fc.nat({ max: 99 })).map(([at, luck]) => step(`go on ${at} ${luck}`, (w) => w.release(at, luck))),
  ),
  ...Array.from({ length: 2 }, () =>
    fc.tuple(which, which).map(([hub, at]) => step(`refresh ${hub} ${at}`, (w) => w.refresh(hub, at))),
  ),
  which.map((hub) => step(`refresh due ${hub}`, (w) => w.refreshDue(hub))),
  fc.nat({ max: 6 }).map((n) => step(`pass ${durations[n]}`, (w) => w.pass(durations[n] ?? 0))),
  fc.constantFrom(...durations).map((ms) => step(`pass ${ms}`, (w) => w.pass(ms))),
  which.map((hub) => step(`stall ${hub}`, (w) => w.stall(hub))),
  which.map((hub) => step(`wake ${hub}`, (w) => w.wake(hub))),
  which.map((hub) => step(`notice ${hub}`, (w) => w.notice(hub))),
  fc.constant(step('late', (w) => w.executeLate())),
  fc.constant(step('fall behind', (w) => w.fallBehind())),
  fc.constant(step('promote', (w) => w.promote())),
  which.map((hub) => step(`kill ${hub}`, (w) => w.kill(hub))),
  fc
    .tuple(which, which)
    .map(([at, rare]) => step(`steal ${at} ${rare}`, (w) => (rare === 0 ? w.steal(at) : undefined))),
];
