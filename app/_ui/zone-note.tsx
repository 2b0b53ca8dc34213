import { readZone } from '#lib/cookies/zone';
import { chooseClock } from './zone-actions.ts';

/** Names the one zone of a page's times, with the switch to UTC and back. Works without JavaScript. */
export async function ZoneNote() {
  const { zone, own } = await readZone();
  const other = own === null || own === 'UTC' ? null : zone === 'UTC' ? own : 'UTC';
  return (
    <form action={chooseClock} className="flex flex-wrap items-center gap-x-2 text-meta text-soft">
      <span>Times in {zone.replaceAll('_', ' ')}.</span>
      {other && (
        <button type="submit" name="clock" value={other === 'UTC' ? 'utc' : 'own'} className="link">
          Show {other.replaceAll('_', ' ')}
        </button>
      )}
    </form>
  );
}
