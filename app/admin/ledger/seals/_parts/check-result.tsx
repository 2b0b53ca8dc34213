import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { LastCheck } from '#lib/audit/list-seals';
import { placeWords } from './place-words.ts';

const number = new Intl.NumberFormat('en-US');
const counted = (count: number, one: string, many: string) => `${number.format(count)} ${count === 1 ? one : many}`;

/** What the last check of the ledger found; of a broken one, the first broken place. */
export function CheckResult({ check }: { check: LastCheck | null }) {
  if (!check) {
    return (
      <Notice tone="info" title="Not checked yet">
        <p>A check runs once a day, and whenever you start one here.</p>
      </Notice>
    );
  }
  const checked = (
    <p className="text-meta">
      Checked <Time at={check.at} />: {counted(check.rows, 'entry', 'entries')} under{' '}
      {counted(check.seals, 'seal', 'seals')}
      {check.checkpoints > 0 &&
        `, and ${check.checkpoints === 1 ? 'a checkpoint' : `${check.checkpoints} checkpoints`}`}
      .
    </p>
  );
  if (!check.fault) {
    return (
      <Notice tone="good" title="The ledger is whole">
        {checked}
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title="The ledger is broken">
      <p>
        {check.fault.sentence}
        {check.fault.place !== '' && ` First broken place: ${placeWords(check.fault.place)}.`}
      </p>
      <p>
        Keep a copy of the database as it is now, before anything else. Compare it with a backup and with the exports
        and checkpoints that are kept elsewhere.
      </p>
      {checked}
    </Notice>
  );
}
