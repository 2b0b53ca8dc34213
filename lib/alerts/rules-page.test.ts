import { expect, test } from 'vitest';
import { endsAt, opensAt } from '#lib/alerts/describe-rule';
import { rules } from '#lib/alerts/rules';

const about = `The ledger is read once a minute, as far as it has settled; what a rule finds there opens an alert. An alert is *open*
until somebody acknowledges it, and *resolved* by a person or by itself, as the rule says. What opens it and what keeps it
open differ, and what comes back soon after it ended by itself is the same alert, so that nobody is told of the
same thing again and again. Alerts stand under *Admin*, *Alerts*; [mail, webhooks and Prometheus](deployment.md#being-told)
carry them elsewhere, and [bad-day.md](bad-day.md) says what to do.

The numbers here are the rules' own. Administrators set others under *Admin*, *Alerts*, *Rules*, which is an entry of the
ledger (*Configuration changed*) and counts from the next look on.

The hub sees who fetched a token, not who used it. Whoever reads from a service's own network at its usual rate raises no
alert. The first look at a key teaches the networks that are known for it; a key with expected addresses is held against
those instead.`;

test('the list of alert rules says what the rules say (npx vitest -u writes it)', async () => {
  const rows = rules.map((rule) => {
    const cells = [`**${rule.title}** \`${rule.id}\``, rule.severity, opensAt(rule), endsAt(rule), rule.about];
    return `| ${cells.join(' | ')} |`;
  });
  const head = ['| Rule | Severity | Opens at | Over | What it means |', '|---|---|---|---|---|'];
  await expect(['# Alerts', '', about, '', ...head, ...rows, ''].join('\n')).toMatchFileSnapshot(
    '../../docs/alerts.md',
  );
});
