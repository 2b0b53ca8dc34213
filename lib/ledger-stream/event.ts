import { type LedgerAction, ledgerActions } from '#lib/ledger/actions';
import { ledgerColumns, ledgerFields } from '#lib/ledger/columns';
import type { BatchRow } from '#lib/ledger/row-encoding';
import { classes, ocsfVersion, type Placed, placedActions, severities } from '#lib/ledger-stream/classes';

/** Which mapping of rows to events is in force. Another mapping gets another number; an old event is read by its row. */
export const mapping = 1;

/** An entry of the ledger as an event of OCSF. */
export type LedgerEvent = Record<string, unknown>;

const isKnown = (action: string): action is LedgerAction => Object.hasOwn(ledgerActions, action);

/** The position and the id name an entry for ever; neither alone does. */
export const entryUid = ({ xid, id }: Pick<BatchRow, 'xid' | 'id'>): string => `${xid}-${id}`;

function actorOf(row: BatchRow): Record<string, unknown> {
  if (row.actorType === 'system') return { app_name: row.actorId ?? 'grantkeep' };
  if (row.actorType === 'api_key') return { user: { uid: row.actorId ?? 'unknown', type_id: 4, type: 'API key' } };
  if (row.actorType === 'person') return { user: { uid: row.actorId ?? 'unknown', type_id: 1 } };
  return { user: { name: 'anonymous', type_id: 0 } };
}

/** The people, accounts and providers that an entry of a call is about. */
function resourcesOf({ connectionId, personId, provider }: BatchRow): Record<string, unknown>[] {
  const owner = personId === null ? {} : { owner: { uid: personId, type_id: 1 } };
  return [
    ...(connectionId === null ? [] : [{ type: 'connection', uid: connectionId, ...owner }]),
    ...(connectionId === null && personId !== null ? [{ type: 'person', uid: personId }] : []),
    ...(provider === null ? [] : [{ type: 'provider', uid: provider }]),
  ];
}

/** The column that names an entity, by its type; of other types the details of the row do. */
const idOfEntity: Readonly<Record<string, (row: BatchRow) => string | null>> = {
  connection: (row) => row.connectionId,
  grant: (row) => row.connectionId,
  provider: (row) => row.provider,
  person: (row) => row.personId,
  'API key': (row) => row.apiKeyId,
};

function entityOf(row: BatchRow, type: string): Record<string, unknown> {
  const uid = idOfEntity[type]?.(row) ?? null;
  const named = uid === null ? {} : { uid };
  if (type === 'person' && uid !== null) return { type_id: 2, type: 'User', name: type, ...named, user: { uid } };
  return { type_id: 99, type, name: type, ...named };
}

/** What only events of this class have. */
function ofClass(row: BatchRow, placed: Placed): Record<string, unknown> {
  const source = row.ip === null ? { svc_name: 'grantkeep' } : { ip: row.ip };
  const shared = { actor: actorOf(row), src_endpoint: source };
  if (placed[0] === 'authentication') {
    const user = row.personId === null ? { name: 'unknown', type_id: 0 } : { uid: row.personId, type_id: 1 };
    return { ...shared, user, service: { name: 'Grantkeep' } };
  }
  if (placed[0] === 'entity') return { ...shared, entity: entityOf(row, placed[2]) };
  const request = row.requestId === null ? {} : { request: { uid: row.requestId } };
  return { ...shared, api: { operation: row.action, ...request }, resources: resourcesOf(row) };
}

/**
 * An entry as an event of OCSF. `unmapped.grantkeep.row` is the row as its seal covers it, so that a reader with the
 * events of a batch can make its root again. The same row makes the same event, whichever build makes it.
 * @param origin which ledger it is of, as a checkpoint names it
 */
export function toEvent(row: BatchRow, origin: string): LedgerEvent {
  // A newer build may have written actions that this one does not know.
  const placed: Placed = isKnown(row.action) ? placedActions[row.action] : ['api', 'Other'];
  const { category, uid, name, activities } = classes[placed[0]];
  const activity = (activities as Readonly<Record<string, number>>)[placed[1]] ?? activities.Other;
  const isOk = row.outcome === 'ok';
  const severity = isKnown(row.action) ? severities[row.action] : undefined;
  // The database may hold a moment that is none: JSON has no infinity, and its seal says null as well.
  const at = Number.isFinite(row.at) ? row.at : null;
  const kept = Object.fromEntries(ledgerFields.map((field) => [ledgerColumns[field], row[field]]));
  return {
    time: at,
    category_uid: category,
    class_uid: uid,
    class_name: name,
    activity_id: activity,
    activity_name: placed[1] === 'Other' ? row.action : placed[1],
    type_uid: uid * 100 + activity,
    severity_id: severity ?? (isOk ? 1 : 2),
    status_id: isOk ? 1 : 2,
    status: isOk ? 'Success' : 'Failure',
    ...(row.code === null ? {} : { status_code: row.code }),
    ...(isOk ? {} : { status_detail: row.outcome }),
    message: isKnown(row.action) ? ledgerActions[row.action] : row.action,
    ...(row.count > 1 ? { count: row.count } : {}),
    ...ofClass(row, placed),
    metadata: {
      version: ocsfVersion,
      uid: entryUid(row),
      event_code: row.action,
      log_name: 'ledger',
      log_provider: origin,
      ...(row.requestId === null ? {} : { correlation_uid: row.requestId }),
      product: { name: 'Grantkeep', vendor_name: 'Grantkeep' },
    },
    unmapped: { grantkeep: { mapping, row: { ...kept, at } } },
  };
}
