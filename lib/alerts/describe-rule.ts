import { burstSpan, type Rule } from '#lib/alerts/rule';

/** A span of minutes in words. */
export function span(minutes: number): string {
  if (minutes % 1440 === 0) return minutes === 1440 ? 'a day' : `${minutes / 1440} days`;
  if (minutes % 60 === 0) return minutes === 60 ? 'an hour' : `${minutes / 60} hours`;
  return minutes === 1 ? 'a minute' : `${minutes} minutes`;
}

const many = (count: number, one: string) => (count === 1 ? `One ${one}` : `${count} ${one}s`);

const perSubject: Record<Rule['subject'], string> = {
  provider: 'for each provider',
  api_key: 'for each API key',
  check: 'for each check and provider',
  hub: 'for the whole hub',
};

function threshold(rule: Rule): string {
  switch (rule.kind) {
    case 'each':
      return 'One event';
    case 'window':
      return `${many(rule.threshold, 'event')} within ${span(rule.windowMinutes)}`;
    case 'reads':
      if (rule.reads === 'burst')
        return `${rule.factor} times the busiest ${span(burstSpan.minutes)} of the day before, and ${many(rule.floor, 'read')} at least`;
      return rule.reads === 'new_network' ? 'One read from another /24 or /48' : 'One call';
    case 'state':
      if (rule.state === 'provider_failing' || rule.state === 'key_service_down')
        return `${many(rule.threshold, 'minute')} without an answer`;
      if (rule.state === 'reviews_overdue') return `${many(rule.threshold, 'review')} past its date`;
      if (rule.state === 'ledger_held_back') return `${many(rule.threshold, 'minute')} of one transaction`;
      if (rule.state === 'check_fails') return 'One result that fails';
      return rule.state === 'grants_dying'
        ? `${many(rule.threshold, 'grant')} ending within ${span(rule.withinDays * 1440)}`
        : `One token that lives for more than ${span(rule.longestMinutes)}`;
  }
}

/** When a rule raises an alert, in words. */
export function opensAt(rule: Rule): string {
  return `${threshold(rule)}, ${perSubject[rule.subject]}`;
}

/** When an alert of a rule is over, in words. */
export function endsAt(rule: Rule): string {
  if (rule.ends === 'by_person') return 'When an administrator resolves it';
  if (rule.kind === 'state' && rule.state === 'check_fails') return 'When the check passes again';
  const few = 'holdsAt' in rule && rule.holdsAt > 1 ? `fewer than ${rule.holdsAt}` : 'none';
  return `After ${span(rule.quietMinutes)} with ${few}`;
}
