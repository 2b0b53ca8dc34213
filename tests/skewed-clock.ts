/**
 * Makes this process's clock wrong by CLOCK_SKEW_SECONDS, for everything in it: imported before the first module by
 * `node --import`. Durations (`performance.now()`, timers) stay right, as on a machine with a wrong clock.
 */
const skewMs = Number(process.env.CLOCK_SKEW_SECONDS ?? 0) * 1000;
const RealDate = Date;

class SkewedDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + skewMs);
    else super(...(given as [number]));
  }
  static override now(): number {
    return RealDate.now() + skewMs;
  }
}

globalThis.Date = SkewedDate as DateConstructor;
