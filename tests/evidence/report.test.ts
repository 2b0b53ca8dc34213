import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readEvidence } from '#lib/cli/evidence-command';
import type { EvidenceBundle } from '#lib/evidence/bundle';
import { forge } from './forge.ts';

const folder = mkdtempSync(join(tmpdir(), 'grantkeep-report-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The page that the command line makes of a bundle that somebody else signed. */
function pageOf(change: (bundle: EvidenceBundle) => void): string | null {
  const file = join(folder, 'bundle.json');
  writeFileSync(file, forge({ change }));
  return readEvidence({ kind: 'evidence', act: 'report', file, key: undefined }).page;
}

const script = '<script>alert(1)</script>';

test.each<[string, (bundle: EvidenceBundle) => unknown]>([
  ['its page', (b) => Object.assign(b, { report_html: script })],
  ['a number', (b) => Object.assign(b.left_out, { not_sealed: script })],
  ['the months that were dropped', (b) => b.left_out.dropped_months.push(script)],
  ['the run of its tests', (b) => Object.assign(b, { conformance_run: { at: script, commit: script, changed: true } })],
  [
    'a result',
    (b) =>
      Object.assign(b, {
        conformance: [{ specification: script, clause: script, state: script, tests: [`x: ${script}`] }],
      }),
  ],
  ['its maker', (b) => Object.assign(b, { made_by: script, made_at: script })],
])('a script in %s of a bundle is in no page that is made of it', (_, change) => {
  const page = pageOf((bundle) => void change(bundle));
  expect(page).toContain('Evidence of hub.example');
  expect(page).not.toContain('<script');
});

test('a page is made of a bundle of an earlier build, and none of tables of another form', () => {
  const older = (bundle: EvidenceBundle) => {
    Object.assign(bundle, { conformance_run: undefined, left_out: { not_sealed: 0 } });
  };
  expect(pageOf(older)).toContain('no run of the tests');
  expect(() => pageOf((bundle) => void Object.assign(bundle, { alerts: 7 }))).toThrow('tables of another form');
});
