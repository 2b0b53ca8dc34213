import { X } from 'lucide-react';
import { Link } from '#app/_ui/link';

interface Choice {
  value: string;
  word: string;
}

const outcomes: Choice[] = [
  { value: 'ok', word: 'OK' },
  { value: 'refused', word: 'Refused' },
  { value: 'failed', word: 'Failed' },
];

interface LedgerFiltersProps {
  path: string;
  filters: Readonly<Record<string, string>>;
  actions: readonly Choice[];
  providers: readonly Choice[];
  keys: readonly Choice[];
  /** What the ids among the filters are called now, by filter. */
  names: Readonly<Record<string, string | null>>;
  /** The address without one of the filters. */
  without: (filter: string) => string;
}

/** Filters that stand above the list by their names, since they are ids; the others stand in the form. */
const named: Record<string, string> = {
  person: 'Person',
  connection: 'Connection',
  request: 'Request',
};

/** What the ledger is narrowed to. */
export function LedgerFilters({ path, filters, actions, providers, keys, names, without }: LedgerFiltersProps) {
  const given = Object.entries(filters).filter(([name]) => named[name]);
  return (
    <>
      {/* Anew with each filter: a field that somebody changed by hand would not follow a link. */}
      <form
        key={JSON.stringify(filters)}
        action={path}
        className="mb-4 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap"
      >
        <Select name="action" label="Action" all="All actions" value={filters.action} choices={actions} wide />
        <Select name="outcome" label="Outcome" all="All outcomes" value={filters.outcome} choices={outcomes} />
        <Select name="provider" label="Provider" all="All providers" value={filters.provider} choices={providers} />
        <Select name="key" label="API key" all="All API keys" value={filters.key} choices={keys} />
        {!filters.person && <Text name="person" label="Person: e-mail address or id" placeholder="Person’s e-mail" />}
        <Text name="ip" label="Address" placeholder="Address" value={filters.ip} />
        <Text
          name="fingerprint"
          label="Token fingerprint: base64 of its SHA-256"
          placeholder="Token fingerprint"
          value={filters.fingerprint}
        />
        <Moment name="from" label="From (UTC)" value={filters.from} />
        <Moment name="to" label="Before (UTC)" value={filters.to} />
        {given.map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        <button type="submit" className="btn btn-small btn-plain col-span-2">
          Filter
        </button>
      </form>
      {given.length > 0 && (
        <p className="mb-4 flex flex-wrap gap-2 text-meta">
          {given.map(([name, value]) => (
            <Link
              key={name}
              href={without(name)}
              className="inline-flex items-center gap-1 rounded-full bg-accent-tint px-3 py-1 font-medium wrap-anywhere text-accent hover:underline"
            >
              {named[name]}: {names[name] ?? value}
              <X aria-label="remove" className="size-3.5 flex-none" />
            </Link>
          ))}
        </p>
      )}
    </>
  );
}

interface FieldProps {
  name: string;
  label: string;
  value?: string | undefined;
}

interface SelectProps extends FieldProps {
  all: string;
  choices: readonly Choice[];
  wide?: boolean;
}

function Select({ name, label, all, value, choices, wide = false }: SelectProps) {
  // A value that is not among them (a key that is gone) still narrows the list. The next filter must keep it.
  const known = value === undefined || choices.some((choice) => choice.value === value);
  return (
    <select
      name={name}
      defaultValue={value ?? ''}
      aria-label={label}
      className={`field field-small ${wide ? 'col-span-2 sm:w-56' : 'sm:w-40'}`}
    >
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.word}
        </option>
      ))}
    </select>
  );
}

function Text({ name, label, value, placeholder }: FieldProps & { placeholder: string }) {
  return (
    <input
      name={name}
      defaultValue={value}
      aria-label={label}
      placeholder={placeholder}
      maxLength={name === 'person' ? 254 : 64}
      className="field field-small sm:w-44"
    />
  );
}

function Moment({ name, label, value }: FieldProps) {
  return (
    <label className="col-span-2 flex items-center gap-2 text-meta text-soft sm:col-span-1">
      <span className="w-24 flex-none sm:w-auto">{label}</span>
      {/* Any step: a link may lead here with a moment to the millisecond. */}
      <input
        type="datetime-local"
        name={name}
        defaultValue={value}
        step="any"
        className="field field-small sm:w-auto"
      />
    </label>
  );
}
