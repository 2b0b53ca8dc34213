'use client';

import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';

interface FiguresTableProps {
  label: string;
  head: readonly string[];
  /** The cells of each row; the first one names it. */
  rows: readonly (readonly string[])[];
}

/** A table of many plain figures. A client component: the server would send each of its cells twice. */
export function FiguresTable({ label, head, rows }: FiguresTableProps) {
  return (
    <DataTable label={label} head={head.map((one) => <Th key={one}>{one}</Th>)}>
      {rows.map(([name, ...cells]) => (
        <Tr key={name}>
          <Td>{name}</Td>
          {cells.map((cell, n) => (
            <Td key={head[n + 1]}>
              <span className="tabular">{cell}</span>
            </Td>
          ))}
        </Tr>
      ))}
    </DataTable>
  );
}
