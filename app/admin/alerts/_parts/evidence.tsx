import { Link } from '#app/_ui/link';
import { Time } from '#app/_ui/time';
import type { AlertDetailView } from '#lib/alerts/views';

type One = AlertDetailView['evidence'][number];

const words: Record<string, string> = {
  code: 'code',
  ip: 'from',
  network: 'network',
  reads: 'reads',
  busiest_before: 'busiest before',
  minutes: 'minutes',
  unlimited: 'without an end',
  grants: 'grants',
  processes: 'noticed by',
  of: 'of processes',
  request: 'request',
  provider: 'provider',
  api_key: 'key',
};

function momentOf({ at, since }: One): Date | null {
  const text = at ?? since;
  return typeof text === 'string' && !Number.isNaN(Date.parse(text)) ? new Date(text) : null;
}

/** Facts that lead to the entries of the ledger that hold the same. */
const inLedger = ['ip', 'request'];

/** The last events that an alert was raised over, or what was measured. */
export function Evidence({ evidence }: { evidence: One[] }) {
  if (evidence.length === 0) return <p className="text-soft">Nothing more is known than the number.</p>;
  return (
    <ul className="flex flex-col">
      {evidence.map((one) => (
        <li key={JSON.stringify(one)} className="border-t border-line py-2 first:border-t-0">
          <Line one={one} />
        </li>
      ))}
    </ul>
  );
}

function Line({ one }: { one: One }) {
  const moment = momentOf(one);
  const { connection } = one;
  const facts = Object.entries(words).flatMap(([name, word]) => {
    const value = one[name];
    return value === undefined || value === null || value === false ? [] : [{ name, word, value }];
  });
  return (
    <div className="flex flex-wrap gap-x-4 gap-y-1 text-meta">
      {moment && <Time at={moment} />}
      {typeof connection === 'string' && (
        <Link href={`/admin/connections/${connection}`} className="link font-mono wrap-anywhere">
          {connection}
        </Link>
      )}
      {facts.map(({ name, word, value }) => (
        <span key={name}>
          <span className="text-soft">{word} </span>
          {value !== true && <Value name={name} text={String(value)} />}
        </span>
      ))}
    </div>
  );
}

function Value({ name, text }: { name: string; text: string }) {
  const value = <code className="font-mono wrap-anywhere">{text}</code>;
  if (!inLedger.includes(name)) return value;
  return (
    <Link href={`/admin/ledger?${new URLSearchParams({ [name]: text })}`} className="link">
      {value}
    </Link>
  );
}
