import { X } from 'lucide-react';
import { Link } from '#app/_ui/link';

const outcomes = { ok: 'OK', refused: 'Refused', failed: 'Failed' };

interface LedgerFiltersProps {
  path: string;
  filters: Readonly<Record<string, string>>;
  actions: readonly { action: string; sentence: string }[];
  providers: readonly { id: string; name: string }[];
  /** What the ids among the filters are called now, by filter. */
  names: Readonly<Record<string, string>>;
  /** The address without one of the filters. */
  without: (filter: string) => string;
}

/** Filters that are chosen in the form; the others come by links in the list and are kept in it unseen. */
const inForm = ['action', 'outcome', 'provider', 'ip', 'fingerprint', 'from', 'to'];
const labels: Record<string, string> = {
  person: 'Person',
  key: 'API key',
  connection: 'Connection',
  request: 'Request',
};

/** What the ledger is narrowed to. */
export function LedgerFilters({ path, filters, actions, providers, names, without }: LedgerFiltersProps) {
  const linked = Object.entries(filters).filter(([name]) => labels[name]);
  return (
    <>
      <form action={path} className="mb-4 flex flex-wrap items-end gap-2">
        <select
          name="action"
          defaultValue={filters.action ?? ''}
          aria-label="Action"
          className="field field-small w-auto"
        >
          <option value="">All actions</option>
          {actions.map(({ action, sentence }) => (
            <option key={action} value={action}>
              {sentence}
            </option>
          ))}
        </select>
        <select
          name="outcome"
          defaultValue={filters.outcome ?? ''}
          aria-label="Outcome"
          className="field field-small w-auto"
        >
          <option value="">All outcomes</option>
          {Object.entries(outcomes).map(([outcome, word]) => (
            <option key={outcome} value={outcome}>
              {word}
            </option>
          ))}
        </select>
        <select
          name="provider"
          defaultValue={filters.provider ?? ''}
          aria-label="Provider"
          className="field field-small w-auto"
        >
          <option value="">All providers</option>
          {providers.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
        <input
          name="ip"
          defaultValue={filters.ip}
          aria-label="Address"
          placeholder="Address"
          maxLength={64}
          className="field field-small w-40"
        />
        <input
          name="fingerprint"
          defaultValue={filters.fingerprint}
          aria-label="Token fingerprint: base64 of its SHA-256"
          placeholder="Token fingerprint"
          maxLength={64}
          className="field field-small w-44 font-mono"
        />
        <Moment name="from" label="From (UTC)" value={filters.from} />
        <Moment name="to" label="Before (UTC)" value={filters.to} />
        {Object.entries(filters)
          .filter(([name]) => !inForm.includes(name))
          .map(([name, value]) => (
            <input key={name} type="hidden" name={name} value={value} />
          ))}
        <button type="submit" className="btn btn-small btn-plain">
          Filter
        </button>
      </form>
      {linked.length > 0 && (
        <p className="mb-4 flex flex-wrap gap-2 text-meta">
          {linked.map(([name, value]) => (
            <Link
              key={name}
              href={without(name)}
              className="inline-flex items-center gap-1 rounded-full bg-accent-tint px-3 py-1 font-medium wrap-anywhere text-accent hover:underline"
            >
              {labels[name]}: {names[name] ?? value}
              <X aria-label="remove" className="size-3.5" />
            </Link>
          ))}
        </p>
      )}
    </>
  );
}

function Moment({ name, label, value }: { name: string; label: string; value: string | undefined }) {
  return (
    <label className="flex items-center gap-1 text-meta text-soft">
      {label}
      {/* Any step: a link may lead here with a moment to the millisecond. */}
      <input type="datetime-local" name={name} defaultValue={value} step="any" className="field field-small w-auto" />
    </label>
  );
}
