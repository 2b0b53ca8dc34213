const steps: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** “3 minutes ago”, “in 2 hours”, “just now”: the largest whole unit that lies between the two instants. */
export function relativeTime(at: Date, now: Date): string {
  const exact = (at.getTime() - now.getTime()) / 1000;
  // What was set to seven days a moment ago lies in seven days, not in six and a bit.
  const seconds = exact >= 60 ? exact + 30 : exact;
  const step = steps.find(([, size]) => Math.abs(seconds) >= size);
  if (!step) return seconds > 0 ? 'in less than a minute' : 'just now';
  const [unit, size] = step;
  // Ninety days are three months, not two; an hour and 50 minutes are still one hour.
  const count = size >= 604_800 ? Math.round(seconds / size) : Math.trunc(seconds / size);
  return relative.format(count, unit);
}

/** A span in words: “42 minutes”, “1 hour 5 minutes”, “7 hours”, “12 days”. The rest of a larger unit is left out. */
export function duration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return 'less than a minute';
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const plural = (count: number, unit: string) => `${count} ${unit}${count === 1 ? '' : 's'}`;
  if (days >= 2) return plural(days, 'day');
  if (hours >= 2) return plural(hours, 'hour');
  if (hours === 1)
    return minutes % 60 === 0 ? plural(hours, 'hour') : `${plural(hours, 'hour')} ${plural(minutes % 60, 'minute')}`;
  return plural(minutes, 'minute');
}

/** The same, as narrow as a table's column: “7 h 49 min”, “12 d”, “<1 min”. */
export function shortDuration(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return '<1 min';
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} d`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** The exact time, in `timeZone`: “22 Nov 2026, 15:05:09 UTC”. */
export function exactTime(at: Date, timeZone: string): string {
  return at.toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    timeZone,
  });
}
