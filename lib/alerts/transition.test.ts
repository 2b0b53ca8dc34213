import { expect, test } from 'vitest';
import type { EachRule, Rule, WindowRule } from '#lib/alerts/rule';
import { rules } from '#lib/alerts/rules';
import { type Standing, type Transition, transition } from '#lib/alerts/transition';

const base = { id: 'x', title: 'X', about: 'x', severity: 'warning', subject: 'hub', match: { actions: [] } } as const;
const byItself: WindowRule = {
  ...base,
  kind: 'window',
  windowMinutes: 15,
  threshold: 10,
  holdsAt: 3,
  ends: 'by_itself',
  quietMinutes: 30,
  coolDownMinutes: 60,
};
const byPerson: EachRule = { ...base, kind: 'each', ends: 'by_person', quietMinutes: 0, coolDownMinutes: 0 };

const now = new Date('2026-11-22T12:00:00Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
const live = (state: 'open' | 'acknowledged', heldAgo: number): Standing => ({
  state,
  heldAt: ago(heldAgo),
  resolvedAt: null,
  resolvedBy: null,
});
const over = (by: string, minutes: number): Standing => ({
  state: 'resolved',
  heldAt: ago(minutes + 30),
  resolvedAt: ago(minutes),
  resolvedBy: by,
});

test.each<[what: string, rule: Rule, last: Standing | null, value: number, next: Transition]>([
  ['nothing was found, and there is nothing', byItself, null, 0, 'none'],
  ['less than the threshold opens nothing', byItself, null, 9, 'none'],
  ['the threshold opens', byItself, null, 10, 'open'],
  ['less than the threshold keeps it open', byItself, live('open', 40), 3, 'hold'],
  ['one that was acknowledged goes on as well', byItself, live('acknowledged', 40), 12, 'hold'],
  ['too little to hold it, but not for long enough', byItself, live('open', 29), 2, 'keep'],
  ['too little for long enough', byItself, live('open', 30), 2, 'resolve'],
  ['one that was acknowledged ends by itself as well', byItself, live('acknowledged', 30), 0, 'resolve'],
  ['what ended by itself and comes back soon is the same', byItself, over('system', 59), 10, 'reopen'],
  ['what comes back later is another', byItself, over('system', 60), 10, 'open'],
  ['coming back takes the threshold, too', byItself, over('system', 5), 9, 'none'],
  ['what a person ended comes anew', byItself, over('per_a', 5), 10, 'open'],
  ['one event opens', byPerson, null, 1, 'open'],
  ['no silence ends what a person must end', byPerson, live('open', 100_000), 0, 'keep'],
  ['more of it goes into the one that is open', byPerson, live('acknowledged', 5), 2, 'hold'],
])('%s', (_, rule, last, value, next) => {
  expect(transition(rule, last, value, now)).toBe(next);
});

test('a value that wavers about the threshold opens one alert and is told of once', () => {
  let last: Standing | null = null;
  const told: Transition[] = [];
  for (let minute = 0; minute < 240; minute++) {
    const at = new Date(now.getTime() + minute * 60_000);
    const value = minute % 40 < 2 ? 10 : 0;
    const next = transition(byItself, last, value, at);
    if (next === 'open' || next === 'reopen' || next === 'hold')
      last = { state: 'open', heldAt: at, resolvedAt: null, resolvedBy: null };
    if (next === 'resolve' && last) last = { ...last, state: 'resolved', resolvedAt: at, resolvedBy: 'system' };
    if (next !== 'none' && next !== 'hold' && next !== 'keep') told.push(next);
  }
  expect(told.filter((next) => next === 'open')).toHaveLength(1);
});

test('every rule holds its alert with no more than opens it, and has an id of its own', () => {
  for (const rule of rules) {
    if ('threshold' in rule) expect(rule.holdsAt, rule.id).toBeLessThanOrEqual(rule.threshold);
    expect(rule.id).toMatch(/^[a-z_]{3,40}$/);
  }
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
