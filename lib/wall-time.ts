/** The date and time that clocks of a zone show. `Temporal` would do all of this; Node 24 has it behind a flag only. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
  });
  formats.set(zone, format);
  return format;
}

/** Whether a text is the IANA name of a zone that this runtime knows. */
export function isZone(text: string | undefined | null): text is string {
  if (!text || !/^[A-Za-z0-9_+/-]{1,64}$/.test(text)) return false;
  try {
    return formatOf(text) !== undefined;
  } catch {
    return false;
  }
}

/** What clocks of a zone show, without the zone: `2026-11-22T09:30:05`. */
export function wallTime(at: Date, zone: string): string {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:${parts.second}`;
}

/** The day of a moment in a zone: `2026-11-22`. */
export const dayOf = (at: Date, zone: string): string => wallTime(at, zone).slice(0, 10);

const dayInMilliseconds = 86_400_000;

/** Milliseconds by which clocks of a zone are ahead of UTC. */
const offsetAt = (at: number, zone: string): number =>
  Date.parse(`${wallTime(new Date(at), zone)}Z`) - Math.floor(at / 1000) * 1000;

/**
 * The moment at which clocks of a zone show `2026-11-22T09:30`. Of two such moments, in the night when clocks are set
 * back, the earlier one; for a time that is skipped, the moment that it would have been.
 */
export function instantOf(wall: string, zone: string): Date {
  const shown = Date.parse(`${wall}Z`);
  const [before, after] = [offsetAt(shown - dayInMilliseconds, zone), offsetAt(shown + dayInMilliseconds, zone)];
  const fits = [shown - before, shown - after].filter((at) => at + offsetAt(at, zone) === shown);
  return new Date(fits.length > 0 ? Math.min(...fits) : shown - before);
}

/** When a day of a zone began: today, or so many days earlier. */
export function startOfDay(at: Date, zone: string, daysEarlier = 0): Date {
  const day = new Date(Date.parse(`${dayOf(at, zone)}T00:00Z`) - daysEarlier * dayInMilliseconds);
  return instantOf(`${day.toISOString().slice(0, 10)}T00:00`, zone);
}
