import { Fragment } from 'react';
import { DayName } from '#app/_ui/day-heading';
import { readZone } from '#lib/cookies/zone';
import { byDay } from '#ui/days';
import { DayRow } from './data-table.tsx';

interface RowsByDayProps<Item> {
  /** Newest first. */
  items: readonly Item[];
  at: (item: Item) => Date;
  /** Of the table. */
  columns: number;
  /** One row, with its key. */
  children: (item: Item) => React.ReactNode;
}

/** The rows of a timeline under their days, in the reader's zone. */
export async function RowsByDay<Item>({ items, at, columns, children }: RowsByDayProps<Item>) {
  const { zone } = await readZone();
  return byDay(items, at, zone, new Date()).map((day) => (
    <Fragment key={day.day}>
      <DayRow columns={columns}>
        <DayName day={day} />
      </DayRow>
      {day.items.map(children)}
    </Fragment>
  ));
}
