import { Link } from '#app/_ui/link';
import { numberText } from '#ui/number-text';

const looks = {
  plain: '',
  strong: 'font-semibold',
  large: 'text-title font-semibold tracking-tight',
};

interface FigureProps {
  counted: number | { count: number; capped: boolean };
  href: string;
  /** The counted thing, for people who hear the link alone. */
  label: string;
  look?: keyof typeof looks;
}

/** A number that leads to its rows; a nought leads nowhere. */
export function Figure({ counted, href, label, look = 'plain' }: FigureProps) {
  const count = typeof counted === 'number' ? counted : counted.count;
  if (count === 0) return <span className={`tabular text-soft ${looks[look]}`}>0</span>;
  return (
    <Link href={href} className={look === 'plain' ? 'figure' : `figure ${looks[look]}`}>
      {numberText(counted)}
      <span className="sr-only"> {label}</span>
    </Link>
  );
}
