import { CircleAlert, CircleCheck, CircleSlash, Clock, type IconComponent, LockOpen } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import { Time, TimeOr } from '#app/_ui/time';
import type { VaultKeyState, VaultKeyView } from '#lib/vault-keys/views';
import { numberText } from '#ui/number-text';
import type { Tone } from '#ui/status-words';
import { DataTable, Td, Th, Tr } from '../../_parts/data-table.tsx';
import { RetireButton } from './key-buttons.tsx';

const states: Record<VaultKeyState, { word: string; tone: Tone; icon: IconComponent }> = {
  seals: { word: 'Seals', tone: 'good', icon: CircleCheck },
  announced: { word: 'Waits for processes', tone: 'due', icon: Clock },
  opens: { word: 'Only opens', tone: 'quiet', icon: LockOpen },
  retired: { word: 'Retired', tone: 'quiet', icon: CircleSlash },
  destroyed: { word: 'Destroyed', tone: 'quiet', icon: CircleSlash },
  missing: { word: 'Missing', tone: 'bad', icon: CircleAlert },
};

interface KeyTableProps {
  keys: VaultKeyView[];
  /** Until when the reader may retire keys: milliseconds since 1970; null where they may not. */
  signInUntil: number | null;
}

/** The keys, each with the stored values under it by table and column. */
export function KeyTable({ keys, signInUntil }: KeyTableProps) {
  const retirable = ({ state, values, countedAt }: VaultKeyView) => countedAt && state === 'opens' && values === 0;
  return (
    <DataTable
      label="Keys"
      head={
        <>
          <Th>Key</Th>
          <Th>Stored values</Th>
          <Th from="md">First used</Th>
        </>
      }
    >
      {keys.map((key) => (
        <Tr key={key.id}>
          <Td>
            <code className="font-mono font-medium wrap-anywhere">{key.id}</code>{' '}
            <Badge tone={states[key.state].tone} icon={states[key.state].icon}>
              {states[key.state].word}
            </Badge>
            <span className="block wrap-anywhere text-soft">
              <Origin view={key} />
            </span>
          </Td>
          <Td>
            {key.countedAt && <span className="tabular font-medium">{numberText(key.values)}</span>}
            {Object.entries(key.rows).map(([column, values]) => (
              <span key={column} className="block wrap-anywhere text-soft">
                {column} <span className="tabular">{numberText(values)}</span>
              </span>
            ))}
            <span className="block text-soft">
              {key.countedAt ? (
                <>
                  counted <Time at={key.countedAt} />
                </>
              ) : (
                'not counted yet'
              )}
            </span>
            {signInUntil !== null && retirable(key) && <RetireButton id={key.id} signInUntil={signInUntil} />}
          </Td>
          <Td from="md">
            <TimeOr at={key.firstUsedAt} otherwise="never" />
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}

/** Where the key is kept, and when it ended. */
function Origin({ view: { kind, wrappedBy, retiredAt, destroyedAt } }: { view: VaultKeyView }) {
  const ended = destroyedAt ?? retiredAt;
  return (
    <>
      {kind === 'local'
        ? 'Of VAULT_KEYS'
        : `Made by the hub${wrappedBy.length > 0 ? `, wrapped by ${wrappedBy.join(', ')}` : ''}`}
      {ended && (
        <>
          , {destroyedAt ? 'destroyed' : 'retired'} <Time at={ended} />
        </>
      )}
    </>
  );
}
