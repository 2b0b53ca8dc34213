import { expect, test } from 'vitest';
import { endsAt, opensAt } from '#lib/alerts/describe-rule';
import { rules } from '#lib/alerts/rules';

const about = `An alert stands under *Admin*, *Alerts*; [mail, webhooks and Prometheus](deployment.md#being-told) carry it elsewhere.
[A bad day](bad-day.md) says what to do about it.

The page of an alert is the page of an incident. It names the services, people, accounts and networks that the rule's entries
touch, as the ledger has them, newest 20,000 at most. Administrators freeze, prepare the revocation of exactly these
connections, mail their people and export a checkpoint there ([decision 58](decisions/0058-an-alert-is-an-incident.md)).

The hub reads the ledger once a minute, as far as it has settled, and opens an alert where a rule finds something. An alert is
*open* until an administrator acknowledges it. It is *resolved* by an administrator or by itself, as the rule says. The
condition that opens an alert and the one that keeps it open differ. An alert that comes back soon after it ended by itself
is the same alert, and the hub tells of it once. It looks at the ends of grants and at the lives of tokens once an hour
(\`grants_dying\`, \`long_lived_tokens\`), and at overdue reviews every five minutes.

The numbers here are the defaults. Administrators set others under *Admin*, *Alerts*, *Rules*. Such a change is an entry of the
ledger (*Configuration changed*) and counts from the next look on.

The hub sees which service fetched a token, not which one used it. A thief who reads from a service's own network at its usual
rate raises no alert. From its first look at a key the hub learns the key's networks. A key with expected addresses is
compared with those instead.`;

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
