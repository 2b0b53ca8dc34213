import type { RuleNumberView, RuleView } from '#lib/alerts/list-rules';

interface Words {
  label: string;
  unit: string;
  hint: string;
}

const thresholds: Record<RuleView['counts'], Words> = {
  events: { label: 'Opens at', unit: 'events', hint: 'So many within the window open an alert.' },
  minutes: { label: 'Opens after', unit: 'minutes', hint: 'For so long it must not have answered.' },
  reviews: { label: 'Opens at', unit: 'reviews', hint: 'So many past their date open an alert.' },
  grants: { label: 'Opens at', unit: 'grants', hint: 'So many that are about to end open an alert.' },
};

const words: Record<Exclude<RuleNumberView['name'], 'threshold'>, Words> = {
  windowMinutes: { label: 'Window', unit: 'minutes', hint: 'How far back events are counted together; a day at most.' },
  holdsAt: { label: 'Stays open at', unit: 'events', hint: 'So few within the window still keep it open.' },
  quietMinutes: {
    label: 'Resolves after',
    unit: 'minutes',
    hint: 'The alert resolves when nothing was found for so long.',
  },
  coolDownMinutes: {
    label: 'Same alert within',
    unit: 'minutes',
    hint: 'An alert that comes back sooner after its end stays the same alert, and no new message is sent.',
  },
  factor: { label: 'Opens at', unit: 'times', hint: 'So many times the busiest five minutes of the day before.' },
  floor: { label: 'But not under', unit: 'reads', hint: 'Fewer within five minutes are never a burst.' },
  leastHistoryMinutes: {
    label: 'Needs a history of',
    unit: 'minutes',
    hint: 'Before a key has read for so long, there is nothing to hold it against.',
  },
  withinDays: { label: 'Looks ahead', unit: 'days', hint: 'Grants that end sooner count.' },
  longestMinutes: {
    label: 'Longest life',
    unit: 'minutes',
    hint: 'Access tokens that live longer go against the policy.',
  },
};

/** What a number of a rule is called, what it counts, and what it does. */
export const numberWords = (name: RuleNumberView['name'], counts: RuleView['counts']): Words =>
  name === 'threshold' ? thresholds[counts] : words[name];
