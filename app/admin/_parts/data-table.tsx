interface DataTableProps {
  label: string;
  head: React.ReactNode;
  children: React.ReactNode;
}

/** A dense table with a header that stays in sight. Clipped and not scrolled, since scrolling would unstick the header. */
export function DataTable({ label, head, children }: DataTableProps) {
  return (
    <div className="card @container overflow-clip">
      <table aria-label={label} className="w-full border-collapse text-left text-meta">
        <thead className="sticky top-0 z-10 bg-sunken text-soft">
          <tr className="h-10">{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/**
 * From which width on a column is there at all; where there is less room it folds into the row's second line. The
 * table's own width decides, since the sidebar takes its part of the screen's.
 */
export type From = 'always' | 'sm' | 'md' | 'lg' | 'xl' | '2xl';

const shown: Record<From, string> = {
  always: '',
  sm: 'hidden @min-[36rem]:table-cell',
  md: 'hidden @min-[42rem]:table-cell',
  lg: 'hidden @min-[54rem]:table-cell',
  xl: 'hidden @min-[60rem]:table-cell',
  '2xl': 'hidden @min-[68rem]:table-cell',
};

interface ThProps {
  from?: From;
  sorted?: 'ascending' | 'descending';
  children: React.ReactNode;
}

export function Th({ from = 'always', sorted, children }: ThProps) {
  return (
    <th
      scope="col"
      aria-sort={sorted}
      className={`px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${shown[from]}`}
    >
      {children}
    </th>
  );
}

/** The head of the column with the buttons of a row. */
export function ThActions() {
  return (
    <Th>
      <span className="sr-only">Actions</span>
    </Th>
  );
}

export function Td({ from = 'always', children }: { from?: From; children: React.ReactNode }) {
  return <td className={from === 'always' ? 'td' : `td ${shown[from]}`}>{children}</td>;
}

export function Tr({ children }: { children: React.ReactNode }) {
  return <tr className="tr">{children}</tr>;
}

/** A day that stands above its rows. */
export function DayRow({ columns, children }: { columns: number; children: React.ReactNode }) {
  return (
    <tr className="border-t border-line bg-surface">
      <th scope="rowgroup" colSpan={columns} className="px-4 pt-4 pb-1 font-semibold text-ink">
        {children}
      </th>
    </tr>
  );
}
