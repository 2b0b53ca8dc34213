import { type EvidenceBundle, readEntry } from '#lib/evidence/bundle';
import { ledgerActions } from '#lib/ledger/actions';

const escaped = (text: unknown) =>
  String(text ?? '–')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');

/** Rows of one table of the page; the bundle has all of them. */
const mostShown = 1_000;

function table(title: string, head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const body =
    rows.length === 0
      ? '<p>None in this period.</p>'
      : `<table><thead><tr>${head.map((one) => `<th scope="col">${escaped(one)}</th>`).join('')}</tr></thead><tbody>${rows
          .slice(0, mostShown)
          .map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`)
          .join(
            '',
          )}</tbody></table>${rows.length > mostShown ? `<p>The first ${mostShown} of ${rows.length}. The bundle has all.</p>` : ''}`;
  return `<section><h2>${escaped(title)} (${rows.length})</h2>${body}</section>`;
}

const style =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}table{border-collapse:collapse;width:100%;font-size:13px}th,td{border-top:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2rem}';

/** The results of a clause's tests, counted: a clause may be called met, and its tests have failed. */
function countResults(tests: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const test of tests) {
    const result = test.slice(test.lastIndexOf(': ') + 2).replaceAll('_', ' ');
    counts.set(result, (counts.get(result) ?? 0) + 1);
  }
  return [...counts].map(([result, count]) => `${count} ${result}`).join(', ');
}

/** When the tests ran, and over which sources. */
function runWords(run: EvidenceBundle['conformance_run']): string {
  if (!run) return 'no run of the tests';
  return `tests run on ${run.at} at ${run.commit ?? 'no commit'}${run.changed ? ', with files changed since' : ''}`;
}

/** The page that a person reads, made of the bundle alone: no script, nothing from elsewhere. */
export function reportHtml(bundle: Omit<EvidenceBundle, 'report_html'>): string {
  const { hub, from, to, made_at, made_by, left_out } = bundle;
  const sentences = ledgerActions as Readonly<Record<string, string>>;
  const sections = [
    table(
      'Checks',
      ['Check', 'Provider', 'Result', 'Found', 'At'],
      bundle.checks.map((one) => [one.check, one.provider ?? 'this hub', one.result, one.found, one.at]),
    ),
    table(
      'Reviews',
      ['Review', 'Due', 'State', 'Signed off', 'By', 'Note', 'Entry'],
      bundle.reviews.map((one) => [
        ...[one.title, one.due_at, one.state, one.signed_off_at, one.signed_off_by, one.note],
        one.entry === null ? null : `#${one.entry}`,
      ]),
    ),
    table(
      'Revocations',
      ['Connection', 'Provider', 'Began', 'At the provider', 'Proof', 'Proved'],
      bundle.revocations.map((one) => [
        ...[one.connection, one.provider, one.created_at, one.state, one.proof, one.proved_at],
      ]),
    ),
    table(
      'Alerts',
      ['Rule', 'About', 'Severity', 'State', 'Opened', 'Resolved', 'By', 'Notes'],
      bundle.alerts.map((one) => [
        ...[one.rule, one.subject || 'the hub', one.severity, one.state, one.opened_at, one.resolved_at],
        ...[one.resolved_by, one.notes.join(' / ')],
      ]),
    ),
    table(
      'Freezes',
      ['Scope', 'Target', 'Reason', 'Frozen', 'By', 'Thawed', 'By'],
      bundle.freezes.map((one) => [
        ...[one.scope, one.target, one.reason, one.created_at, one.created_by, one.lifted_at, one.lifted_by],
      ]),
    ),
    table(
      'Vault keys',
      ['Key', 'First used', 'Retired'],
      bundle.keys_used.map((one) => [one.kid, one.first_used_at, one.retired_at]),
    ),
    table(
      'Scripts of the pages',
      ['Script', 'Integrity', 'Reason'],
      bundle.scripts.map((one) => [one.path, one.integrity ?? 'nonce', one.reason]),
    ),
    table(
      `Conformance, ${runWords(bundle.conformance_run)}`,
      ['Specification', 'Clause', 'State', 'Tests'],
      bundle.conformance.map((one) => [one.specification, one.clause, one.state, countResults(one.tests)]),
    ),
    table(
      'Entries of the ledger, each with a proof',
      ['#', 'At', 'Event', 'Outcome', 'Actor', 'Seal'],
      bundle.entries.map(({ text, seal }, n) => {
        const { at, action, outcome, actorType, actorId } = readEntry(text);
        return [n, new Date(at).toISOString(), sentences[action] ?? action, outcome, actorId ?? actorType, seal];
      }),
    ),
  ];
  const months = left_out.dropped_months.join(', ');
  const dropped = months ? ` The ledger keeps no entries of ${escaped(months)} any more.` : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evidence of ${escaped(hub)}</title><style>${style}</style></head><body><h1>Evidence of ${escaped(hub)}</h1><p>From ${escaped(from)} to ${escaped(to)}. Made ${escaped(made_at)} by ${escaped(made_by)}. ${escaped(left_out.not_sealed)} entries had no seal yet and are not cited.${dropped}</p><p>This page is a part of the signed bundle. Verify the bundle before you rely on it.</p>${sections.join('')}<section><h2>Checkpoint</h2><pre>${escaped(bundle.checkpoint)}</pre></section></body></html>`;
}
