import type { AlertDetailView } from '#lib/alerts/views';
import { numberText } from '#ui/number-text';

type One = AlertDetailView['evidence'][number];

/** What was measured, as a phrase; null for an event. */
export function measured(one: One): string | null {
  const { reads, busiest_before, minutes, grants, capped, processes, of, found, role, server_pid, process } = one;
  // The words of a check on what it saw.
  if (typeof found === 'string') return found;
  if (typeof reads === 'number')
    return typeof busiest_before === 'number'
      ? `${numberText(reads)} reads within ${minutes} minutes, at most ${numberText(busiest_before)} before`
      : `${numberText(reads)} ${reads === 1 ? 'read' : 'reads'}`;
  if (typeof grants === 'number')
    return `${numberText({ count: grants, capped: capped === true })} ${grants === 1 ? 'grant' : 'grants'}`;
  if (typeof minutes === 'number') return `a life of ${numberText(minutes)} minutes`;
  if (typeof processes === 'number') return `noticed by ${processes} of ${of} processes`;
  if (typeof server_pid === 'number') return `process ${server_pid} of the database server, as ${role}`;
  return typeof process === 'string' ? `noticed by the process ${process}` : null;
}

/** “3 minutes without an answer”, “1 review”: the last measure of a rule in its own unit; null where it has none. */
export function measureText({ measure, value }: Pick<AlertDetailView, 'measure' | 'value'>): string | null {
  if (measure === null) return null;
  return `${numberText(value)} ${value === 1 ? measure.replace(/^(\w+)s\b/, '$1') : measure}`;
}
