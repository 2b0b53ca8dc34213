import { expect, test } from 'vitest';
import { endsAt, opensAt } from '#lib/alerts/describe-rule';
import { rules } from '#lib/alerts/rules';

test.each([
  ['refresh_token_theft', 'One event, for each provider', 'When an administrator resolves it'],
  ['refused_callbacks', '10 events within 15 minutes, for each provider', 'After 30 minutes with fewer than 3'],
  ['mass_revocation', '20 events within 10 minutes, for the whole hub', 'When an administrator resolves it'],
  ['needs_reconnect', 'One event, for each provider', 'After a day with none'],
  ['new_network', 'One read from another /24 or /48, for each API key', 'When an administrator resolves it'],
  ['long_lived_tokens', 'One token that lives for more than an hour, for each provider', 'After an hour with none'],
])('%s is described by its numbers', (id, opens, ends) => {
  const rule = rules.find((one) => one.id === id);
  if (!rule) throw new Error('no such rule');
  expect([opensAt(rule), endsAt(rule)]).toEqual([opens, ends]);
});
