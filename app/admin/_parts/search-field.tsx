import { Search } from '#app/_ui/icons';

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string | undefined;
}

/** The search field of a list. */
export function SearchField({ label, placeholder, value }: SearchFieldProps) {
  return (
    <div className="relative min-w-0 flex-1 basis-64">
      <Search aria-hidden="true" className="absolute top-2 left-2 size-4 text-soft" />
      <input
        type="search"
        name="q"
        defaultValue={value}
        aria-label={label}
        placeholder={placeholder}
        maxLength={200}
        className="field field-small pl-8"
      />
    </div>
  );
}
