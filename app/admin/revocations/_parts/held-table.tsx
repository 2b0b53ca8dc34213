import { Clock } from '#app/_ui/clock';
import { Link } from '#app/_ui/link';
import type { HeldView } from '#lib/bulk-revocation/list-held';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { RowsByDay } from '../../_parts/rows-by-day.tsx';
import { HeldActions } from './held-actions.tsx';

const kinds = {
  connection: 'Revoked connection',
  replaced: 'Grant replaced by a reconnect',
  refused: 'Refused grant',
} as const satisfies Record<HeldView['kind'], string>;

function whyOf({ code, refused, proof }: HeldView): string {
  if (code === 'other_connections') return `Refused (${refused?.code}). Live connections may end with it.`;
  if (code === 'unknown_provider') return 'The provider is not configured any more.';
  if (proof === 'still_accepted') return 'The provider confirmed, and still accepts a token.';
  return `Given up after the last attempt (${code ?? 'no code'}).`;
}

interface HeldTableProps {
  held: { items: HeldView[]; more: boolean };
  administrator: boolean;
  signInUntil: number;
}

const sinceOf = ({ finishedAt, createdAt }: HeldView) => finishedAt ?? createdAt;

/** Tokens that the hub could not revoke and still holds, sealed. Nothing is shown where there are none. */
export function HeldTable({ held: { items, more }, administrator, signInUntil }: HeldTableProps) {
  if (items.length === 0) return null;
  return (
    <section className="flex flex-col gap-3" aria-labelledby="held">
      <h2 id="held" className="font-medium text-ink">
        Not revoked, tokens still held
      </h2>
      <p className="text-soft">
        Only these sealed tokens can revoke their grants. The hub keeps them until the provider confirms or an
        administrator lets them go.{more && ` The table shows the oldest ${items.length}.`}
      </p>
      <DataTable
        label="Tokens still held"
        head={
          <>
            <Th>Grant</Th>
            <Th from="sm">Why</Th>
            <Th from="md">Person</Th>
            <Th from="sm">Since</Th>
            {administrator && <Th>Decide</Th>}
          </>
        }
      >
        <RowsByDay items={items} at={sinceOf} columns={administrator ? 5 : 4}>
          {(one) => (
            <Tr key={one.id}>
              <Td>
                <span className="wrap-anywhere">
                  {one.provider.name}:{' '}
                  {one.connectionId ? (
                    <Link href={`/admin/connections/${one.connectionId}`} className="hover:underline">
                      {kinds[one.kind]}
                    </Link>
                  ) : (
                    kinds[one.kind]
                  )}
                </span>
                <span className="block text-soft @min-[36rem]:hidden">{whyOf(one)}</span>
              </Td>
              <Td from="sm">{whyOf(one)}</Td>
              <Td from="md">
                <span className="wrap-anywhere">{one.person ? (one.person.name ?? one.person.id) : 'Unknown'}</span>
              </Td>
              <Td from="sm">
                <Clock at={sinceOf(one).toISOString()} />
              </Td>
              {administrator && (
                <Td>
                  <HeldActions
                    id={one.id}
                    provider={one.provider.name}
                    refused={one.kind === 'refused'}
                    signInUntil={signInUntil}
                  />
                </Td>
              )}
            </Tr>
          )}
        </RowsByDay>
      </DataTable>
    </section>
  );
}
