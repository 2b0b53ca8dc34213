import { expect, test } from 'vitest';
import { listProviderCards } from '#lib/connections/cards';
import { getConnection } from '#lib/connections/get';
import { listConnections } from '#lib/connections/list';
import { systemContext } from '#lib/context';
import type { OfferedList } from '#lib/db/schema/connections';
import { sharedDatabase } from '#tests/database';
import { addConnection, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();

const entry = (n: number, extras: OfferedList['entries'][number]['extras']) => ({ label: `Entry ${n}`, extras });
const long: OfferedList = {
  name: 'site',
  entries: Array.from({ length: 200 }, (_, n) => entry(n, { site: `${n}`, url: `https://${n}.acme.example` })),
};
const other: OfferedList = {
  name: 'team',
  entries: [entry(1, { team: 1, own: true }), entry(2, { team: 2, own: false })],
};

interface Case {
  offered: OfferedList[] | null;
  extras: Record<string, string | number | boolean>;
  chosen: (string | null)[];
}

const cases: [string, Case][] = [
  ['nothing offered', { offered: null, extras: {}, chosen: [] }],
  ['nothing chosen', { offered: [long, other], extras: { site: '7' }, chosen: [null, null] }],
  [
    'one chosen',
    { offered: [long, other], extras: { site: '7', url: 'https://7.acme.example' }, chosen: ['Entry 7', null] },
  ],
  [
    'both chosen, beside further extras',
    {
      offered: [other, long],
      extras: { team: 2, own: false, more: 'x', site: '199', url: 'https://199.acme.example' },
      chosen: ['Entry 2', 'Entry 199'],
    },
  ],
  ['a text that reads as the number', { offered: [other], extras: { team: '2', own: false }, chosen: [null] }],
  [
    'the first of two that both match',
    {
      offered: [{ name: 'zone', entries: [entry(1, { zone: 'a' }), entry(2, { zone: 'a' })] }],
      extras: { zone: 'a' },
      chosen: ['Entry 1'],
    },
  ],
];

test.each(cases)('P-20 lists say what was chosen and carry no list of entries: %s', async (_, one) => {
  const runtime = createRuntime(database.current, [plainRecord('http://127.0.0.1:9')]);
  const person = await addPerson(runtime);
  const id = await addConnection(runtime, {
    personId: person.id,
    values: { offered: one.offered, extras: one.extras },
  });
  const whole = await getConnection(systemContext(runtime, 'test'), { id });
  const cards = await listProviderCards(person.ctx());
  const admin = (await addPerson(runtime, { role: 'administrator' })).ctx();
  const listed = [
    ...cards.items.flatMap((card) => card.connections),
    ...(await listConnections(admin)).items.filter((item) => item.id === id),
  ];
  expect(listed).toHaveLength(2);
  for (const view of [whole, ...listed]) {
    expect(view.choices.map(({ chosen }) => chosen?.label ?? null)).toEqual(one.chosen);
    expect(view.choices.map(({ name, chosen }) => [name, chosen])).toEqual(
      whole.choices.map(({ name, chosen }) => [name, chosen]),
    );
  }
  expect(whole.choices.map(({ entries }) => entries.length)).toEqual((one.offered ?? []).map((l) => l.entries.length));
  for (const { choices } of listed) expect(choices.flatMap(({ entries }) => entries).length).toBeLessThanOrEqual(2);
});
