import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { toAlertView } from '#lib/alerts/read-views';
import type { Rule } from '#lib/alerts/rule';
import { rules } from '#lib/alerts/rules';
import type { AlertDetailView } from '#lib/alerts/views';
import type { IncidentView } from '#lib/incidents/views';
import { IncidentStory } from './incident-story.tsx';
import { partsOf, stories } from './incident-words.ts';

const at = new Date('2026-11-29T09:12:00Z');
const subjects: Record<Rule['subject'], { id: string; name: string }> = {
  provider: { id: 'github', name: 'GitHub' },
  api_key: { id: 'key_1', name: 'billing-sync' },
  check: { id: 'pkce/github', name: 'GitHub: PKCE' },
  hub: { id: '', name: '' },
};
const nothing = { total: 0, top: [] };
const few = (names: string[], total = names.length) => ({
  total,
  top: names.map((name, n) => ({ id: name === '203.0.113.0/24' ? name : `id_${n}`, name, count: 3 })),
});
const touched = {
  services: few(['billing-sync']),
  people: few(['Ada', 'Grace'], 31),
  connections: few(['octo-ada, GitHub']),
  providers: few(['GitHub', 'Google']),
  networks: few(['203.0.113.0/24']),
  actors: few(['Linus']),
};
const evidence: AlertDetailView['evidence'] = [{ reads: 320, busiest_before: 40, minutes: 5 }];

function incidentOf(rule: Rule, given: Partial<IncidentView> = {}): IncidentView {
  const { id, name } = subjects[rule.subject];
  const row = {
    ...{ id: 'alr_1', rule: rule.id, subject: id, severity: rule.severity, state: 'open' as const },
    ...{ value: 12, peak: 12, count: 12, openedAt: at, heldAt: at },
    ...{ acknowledgedAt: null, resolvedAt: null, resolvedBy: null },
  };
  const alert = { ...toAlertView(row, rules, () => name), evidence: [], events: [] };
  const events = rule.kind === 'state' ? null : { count: 12, capped: false, first: at, last: at };
  return {
    alert,
    events,
    ...Object.fromEntries(Object.keys(touched).map((kind) => [kind, nothing])),
    ...given,
  } as IncidentView;
}

/** Label and text of each line. */
function linesOf(incident: IncidentView): Record<string, string> {
  const html = renderToStaticMarkup(<IncidentStory incident={incident} />);
  const lines = [...html.matchAll(/<dt[^>]*>(.*?)<\/dt><dd[^>]*>(.*?)<\/dd>/g)];
  return Object.fromEntries(
    lines.map(([, label = '', text = '']) => [label, text.replaceAll(/<[^>]+>/g, '').replaceAll('&#x27;', '’')]),
  );
}

test('each rule has a story and each story has its rule', () => {
  expect(Object.keys(stories).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
});

const all = rules.map((rule) => [rule.id, rule] as const);
const told = ['Who', 'Affected', 'What', 'From where'];

describe('S-05 an alert says in words its actor, the affected accounts, the event and its origin', () => {
  test.each(all)('%s, where everything is known', (_, rule) => {
    const known = incidentOf(rule, touched);
    const lines = linesOf({ ...known, alert: { ...known.alert, evidence } });
    for (const label of told) {
      expect(lines[label], label).toMatch(/^\S.*\S$/);
      expect(lines[label], label).not.toMatch(/[{}]|null|undefined|\b(key|con|per)_/);
    }
    const text = Object.values(lines).join(' ');
    if (rule.subject !== 'hub') expect(text).toContain(subjects[rule.subject].name);
    if (rule.kind === 'each' && rule.subject === 'provider') expect(text).toContain('Ada');
    if (rule.subject === 'api_key') {
      expect(lines.Affected).toBe('The accounts of Ada, Grace and 29 more.');
      expect(lines.What).toContain('GitHub and Google');
      expect(lines['From where']).toContain('203.0.113.0/24');
    }
  });

  test.each(all)('%s, where nothing more is known', (_, rule) => {
    const lines = linesOf(incidentOf(rule));
    for (const label of [...told, 'Since', 'Goes on']) {
      expect(lines[label], label).toMatch(/^\S.*[\w.]$/);
      expect(lines[label], label).not.toMatch(/[{}]|null|undefined| {2}|\s[,.]/);
    }
  });

  test.each<[string, label: string, text: string]>([
    ['new_network', 'Who', 'A caller with the API key billing-sync: its service, or a holder of a copy.'],
    ['new_network', 'What', '12 reads of tokens of GitHub and Google.'],
    ['new_network', 'From where', '203.0.113.0/24, from which this key never read before.'],
    ['read_burst', 'What', '320 reads within 5 minutes, at most 40 before, of GitHub and Google.'],
    ['refresh_token_theft', 'What', 'The refresh token of octo-ada, GitHub was used twice at GitHub.'],
    ['mass_revocation', 'Who', 'Linus.'],
    ['reviews_overdue', 'What', '12 reviews past the date.'],
  ])('%s: %s', (id, label, text) => {
    const rule = rules.find((one) => one.id === id);
    if (!rule) throw new Error(id);
    const known = incidentOf(rule, touched);
    expect(linesOf({ ...known, alert: { ...known.alert, evidence } })[label]).toBe(text);
  });

  test('one that ended, goes on, or was found long ago says so', () => {
    const rule = rules.find(({ id }) => id === 'new_network') as Rule;
    const base = incidentOf(rule).alert;
    const said = (alert: Partial<AlertDetailView>) =>
      linesOf(incidentOf(rule, { alert: { ...base, ...alert } }))['Goes on'];
    expect(said({ heldAt: new Date() })).toMatch(/^Yes\..* until an administrator resolves it\.$/);
    expect(said({ heldAt: new Date(Date.now() - 3_600_000) })).toMatch(/^Not now\./);
    expect(said({ state: 'resolved', resolvedAt: at })).toMatch(/^No: it is resolved since /);
    expect(said({ heldAt: new Date(), endsByPerson: false })).toMatch(/ends by itself/);
  });
});

test('a sentence is taken apart at its slots', () => {
  expect(partsOf('{subject} refused {events:call}.')).toEqual([
    { slot: 'subject' },
    { text: ' refused ' },
    { events: 'call' },
    { text: '.' },
  ]);
});
