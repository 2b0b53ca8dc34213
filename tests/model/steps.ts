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
/** Mostly good. */
const luck = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 99 }) });
/** True once in four times. */
const rarely = fc.nat({ max: 3 }).map((n) => n === 0);
const soon = fc.constantFrom(50, 300, 1000, 4000, 6000);
const later = fc.constantFrom(11_000, 16_000, 35_000, 70_000, 200_000);

/** A kind of step so many times, by which it is as frequent among all. */
const often = (times: number, kind: fc.Arbitrary<Step>) => Array.from({ length: times }, () => kind);

/** A process goes on alone for a few turns, so that what comes next meets it anywhere, or until it is done. */
const turns = fc.constantFrom(1, 2, 3, 4, 5, 6, 8, 200, 200);

/** Every step that may happen. */
export const steps: fc.Arbitrary<Step>[] = [
  ...often(
    14,
    fc.tuple(which, luck).map(([at, of]) => step(`go on ${at} ${of}`, (w) => w.release(at, of))),
  ),
  ...often(
    4,
    fc.tuple(which, which).map(([hub, at]) => step(`refresh ${hub} ${at}`, (w) => w.refresh(hub, at))),
  ),
  ...often(
    3,
    fc.tuple(which, turns).map(([hub, count]) => step(`work ${hub} ${count}`, (w) => w.work(hub, count))),
  ),
  which.map((hub) => step(`refresh due ${hub}`, (w) => w.refreshDue(hub))),
  ...often(
    2,
    which.map((hub) => step(`follow ${hub}`, (w) => w.follow(hub))),
  ),
  ...often(
    2,
    soon.map((ms) => step(`pass ${ms}`, (w) => w.pass(ms))),
  ),
  later.map((ms) => step(`pass ${ms}`, (w) => w.pass(ms))),
  which.map((hub) => step(`stall ${hub}`, (w) => w.stall(hub))),
  which.map((hub) => step(`wake ${hub}`, (w) => w.wake(hub))),
  which.map((hub) => step(`notice ${hub}`, (w) => w.notice(hub))),
  fc.constant(step('late', (w) => w.executeLate())),
  rarely.map((does) => step(`fall behind ${does}`, (w) => (does ? w.fallBehind() : undefined))),
  rarely.map((does) => step(`promote ${does}`, (w) => (does ? w.promote() : undefined))),
  // Refreshed while the standby is behind, and wanted again as soon as it took over.
  fc.tuple(which, which, which, rarely).map(([hub, other, at, does]) =>
    step(`lose ${hub} ${other} ${at} ${does}`, async (w) => {
      if (!does) return;
      await w.fallBehind();
      w.refresh(hub, at);
      await w.settle();
      await w.work(hub, 200);
      await w.promote();
      await w.settle();
      w.refresh(other, at);
      await w.settle();
      await w.work(other, 200);
    }),
  ),
  fc.tuple(which, rarely).map(([hub, does]) => step(`kill ${hub} ${does}`, (w) => (does ? w.kill(hub) : undefined))),
  // Killed somewhere in a refresh.
  fc.tuple(which, which, turns, rarely).map(([hub, at, count, does]) =>
    step(`kill within ${hub} ${at} ${count} ${does}`, async (w) => {
      if (!does) return;
      w.refresh(hub, at);
      await w.settle();
      await w.work(hub, count);
      await w.kill(hub);
    }),
  ),
  // The same, and followed within the leeway of a provider that has one.
  fc
    .tuple(which, which, turns, fc.constantFrom(16_000, 20_000, 38_000, 45_000), rarely)
    .map(([hub, at, count, ms, does]) =>
      step(`follow within ${hub} ${at} ${count} ${ms} ${does}`, async (w) => {
        if (!does) return;
        w.refresh(hub, at);
        await w.settle();
        await w.work(hub, count);
        await w.kill(hub);
        await w.pass(ms);
        w.follow(hub + 1);
        await w.settle();
        await w.work(hub + 1, 200);
      }),
    ),
  fc
    .tuple(which, which, rarely)
    .map(([hub, at, does]) => step(`revoke ${hub} ${at} ${does}`, (w) => (does ? w.revoke(hub, at) : undefined))),
  fc
    .tuple(which, which, rarely)
    .map(([hub, at, does]) => step(`reconnect ${hub} ${at} ${does}`, (w) => (does ? w.reconnect(hub, at) : undefined))),
  which.map((hub) => step(`work off ${hub}`, (w) => w.workRevocations(hub))),
  fc
    .tuple(which, which)
    .map(([at, does]) => step(`steal ${at} ${does}`, (w) => (does === 0 ? w.steal(at) : undefined))),
];
