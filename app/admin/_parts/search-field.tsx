import { Search } from 'lucide-react';
import { SearchShortcut } from './search-shortcut.tsx';

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string | undefined;
}

/** The search field of a list; `/` focuses it. */
export function SearchField({ label, placeholder, value }: SearchFieldProps) {
  return (
    <div className="relative min-w-0 flex-1 basis-64">
      <Search aria-hidden="true" className="absolute top-2 left-2 size-4 text-soft" />
      <input
        id="search"
        type="search"
        name="q"
        defaultValue={value}
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        maxLength={200}
        className="field field-small peer pr-8 pl-8"
      />
      <span
        aria-hidden="true"
        className="absolute top-1.5 right-2 hidden rounded border border-line px-1.5 font-mono text-meta leading-[1.125rem] text-soft sm:block sm:peer-focus:hidden"
      >
        /
      </span>
      <SearchShortcut field="search" />
    </div>
  );
}
