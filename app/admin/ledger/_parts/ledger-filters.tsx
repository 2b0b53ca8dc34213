import { wallTime } from '#lib/wall-time';
import { FilterChip } from '../../_parts/filter-chip.tsx';
import { type Choice, FilterSelect } from '../../_parts/filter-select.tsx';

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
  /** The reader's zone, in which moments are typed. */
  zone: string;
  moments: { from?: Date | undefined; to?: Date | undefined };
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
export function LedgerFilters({
  path,
  filters,
  actions,
  providers,
  keys,
  names,
  without,
  zone,
  moments,
}: LedgerFiltersProps) {
  const given = Object.entries(filters).filter(([name]) => named[name]);
  return (
    <>
      {/* Anew with each filter: a field that somebody changed by hand would not follow a link. */}
      <form
        key={JSON.stringify([filters, zone])}
        action={path}
        className="mb-4 grid grid-cols-2 items-end gap-2 sm:flex sm:flex-wrap"
      >
        <FilterSelect
          name="action"
          label="Action"
          all="All actions"
          value={filters.action}
          choices={actions}
          width="col-span-2 sm:w-56"
        />
        <FilterSelect
          name="outcome"
          label="Outcome"
          all="All outcomes"
          value={filters.outcome}
          choices={outcomes}
          width="sm:w-40"
        />
        <FilterSelect
          name="provider"
          label="Provider"
          all="All providers"
          value={filters.provider}
          choices={providers}
          width="sm:w-40"
        />
        <FilterSelect
          name="key"
          label="API key"
          all="All API keys"
          value={filters.key}
          choices={keys}
          width="sm:w-40"
        />
        {!filters.person && <Text name="person" label="Person: e-mail address or id" placeholder="Person’s e-mail" />}
        <Text name="ip" label="Address" placeholder="Address" value={filters.ip} />
        <Text
          name="fingerprint"
          label="Token fingerprint: base64 of its SHA-256"
          placeholder="Token fingerprint"
          value={filters.fingerprint}
        />
        <Moment name="from" label="From" value={wallText(moments.from, zone)} />
        <Moment name="to" label="Before" value={wallText(moments.to, zone)} />
        <input type="hidden" name="zone" value={zone} />
        {filters.range && <input type="hidden" name="range" value={filters.range} />}
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
            <FilterChip key={name} href={without(name)}>
              {named[name]}: {names[name] ?? value}
            </FilterChip>
          ))}
        </p>
      )}
    </>
  );
}

/** As a field for a moment takes it. */
const wallText = (at: Date | undefined, zone: string) => at && wallTime(at, zone).replace(/:00$/, '');

interface FieldProps {
  name: string;
  label: string;
  value?: string | undefined;
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
