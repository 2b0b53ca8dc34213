export interface ListCountProps {
  counted: { count: number; capped: boolean };
  one: string;
  many: string;
}

const number = new Intl.NumberFormat('en-US');

/** How many rows the list has in all its pages; «10,000+» where the count stopped. */
export function ListCount({ counted: { count, capped }, one, many }: ListCountProps) {
  return (
    <span className="text-soft tabular">
      {number.format(count)}
      {capped && <span aria-hidden="true">+</span>}
      {capped && <span className="sr-only"> or more</span>} {count === 1 && !capped ? one : many}
    </span>
  );
}
