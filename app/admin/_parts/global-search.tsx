import { Search } from '#app/_ui/icons';

interface GlobalSearchProps {
  label: string;
  value?: string;
  autoFocus?: boolean;
}

/** The search of every admin page: a form that works without JavaScript. `/` and Ctrl-K lead to it. */
export function GlobalSearch({ label, value, autoFocus = false }: GlobalSearchProps) {
  return (
    <search aria-label={label}>
      <form action="/admin/search" className="relative">
        <Search aria-hidden="true" className="absolute top-2 left-2 size-4 text-soft" />
        <input
          type="search"
          name="q"
          defaultValue={value}
          // The page for searching has nothing else to begin with.
          // biome-ignore lint/a11y/noAutofocus: see above
          autoFocus={autoFocus}
          data-global-search
          aria-label={label}
          aria-keyshortcuts="/ Control+K"
          placeholder="Search"
          autoComplete="off"
          spellCheck={false}
          maxLength={400}
          className="field field-small peer pr-8 pl-8"
        />
        <span
          aria-hidden="true"
          className="absolute top-1.5 right-2 hidden rounded border border-line px-1.5 font-mono text-meta leading-[1.125rem] text-soft md:block md:peer-focus:hidden"
        >
          /
        </span>
      </form>
    </search>
  );
}
