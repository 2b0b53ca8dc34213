import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { ledgerColumns, ledgerFields } from '#lib/ledger/columns';
import { leafHash } from '#lib/ledger/merkle';
import { type BatchRow, encodeRow } from '#lib/ledger/row-encoding';
import { mapping, toEvent } from '#lib/ledger-stream/event';

const text = z.string().nullable();
/** As they stand there: a copy would leave out members with names of JavaScript's own, and so hide them. */
const details = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);
const columns = z.object({
  ...{ at: z.number().nullable(), id: z.int(), xid: z.int(), action: z.string(), outcome: z.string(), code: text },
  ...{ actor_type: z.string(), actor_id: text, person_id: text, connection_id: text, provider: text },
  ...{ api_key_id: text, ip: text, request_id: text, count: z.int(), details },
});
const returned = z.looseObject({
  metadata: z.looseObject({ log_provider: z.string() }),
  unmapped: z.looseObject({ grantkeep: z.looseObject({ mapping: z.int(), row: columns }) }),
});

/** An event that came back, as far as reconciling needs it. */
export interface ReturnedEvent {
  row: BatchRow;
  leaf: Buffer;
  /** Whether a member of the event says something else than its row does. */
  isAltered: boolean;
}

/** Whether the other has all members of this one; it may have more, which a SIEM adds. */
function hasAll(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected))
    return (
      Array.isArray(found) && found.length === expected.length && expected.every((one, at) => hasAll(one, found[at]))
    );
  if (typeof expected !== 'object' || expected === null) return isDeepStrictEqual(expected, found);
  if (typeof found !== 'object' || found === null) return false;
  const members = found as Record<string, unknown>;
  return Object.entries(expected).every(([name, value]) => hasAll(value, members[name]));
}

/**
 * Reads a line that a SIEM gave back. Null where it is no event of this ledger.
 * @param origin the ledger, as a checkpoint names it
 */
export function readReturned(line: string, origin: string): ReturnedEvent | null {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return null;
  }
  const read = returned.safeParse(event);
  if (!read.success || read.data.metadata.log_provider !== origin) return null;
  try {
    return compared(read.data, event, origin);
  } catch (error) {
    // No entry is nested so deep that it could not be encoded; the line must not keep the others from being compared.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function compared(
  { unmapped: { grantkeep } }: z.output<typeof returned>,
  event: unknown,
  origin: string,
): ReturnedEvent {
  const row = {
    ...Object.fromEntries(ledgerFields.map((field) => [field, grantkeep.row[ledgerColumns[field]]])),
    at: grantkeep.row.at ?? Number.POSITIVE_INFINITY,
  } as unknown as BatchRow;
  const isAltered = grantkeep.mapping === mapping && !hasAll(toEvent(row, origin), event);
  return { row, leaf: leafHash(encodeRow(row)), isAltered };
}
