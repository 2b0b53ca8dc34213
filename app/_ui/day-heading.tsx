import type { Day } from './days.ts';

/** “Today Sun 29 Nov”: the day that stands above its entries. */
export function DayName({ day: { name, text } }: { day: Pick<Day<unknown>, 'name' | 'text'> }) {
  return (
    <>
      {name ?? text}
      {name && <span className="font-normal text-soft"> {text}</span>}
    </>
  );
}
