import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyEvidence } from '#lib/evidence/verify';
import { capture } from '#scripts/processes';
import { python } from '#scripts/python-package';
import { needCryptography } from '#scripts/second-verifier';
import { type Forged, forge } from './forge.ts';
import { otherContents } from './forged-contents.ts';
import { otherForms, whole } from './forged-forms.ts';
import { oddFiles } from './odd-files.ts';

beforeAll(needCryptography);
const folder = mkdtempSync(join(tmpdir(), 'grantkeep-forged-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the second verifier says of each file, all in one process since Python starts slowly. */
async function byPython(files: Record<string, Buffer>): Promise<Record<string, number | null>> {
  const paths = Object.keys(files).map((name, n) => {
    const path = join(folder, `${n}.json`);
    writeFileSync(path, files[name] as Buffer);
    return path;
  });
  const script = `import sys, json; sys.path.insert(0, 'docs'); sys.dont_write_bytecode = True
import verify_evidence as v
def ask(path):
    try: return sum(v.verify(open(path, 'rb').read())[2:])
    except Exception: return None
print(json.dumps([ask(path) for path in json.load(open(sys.argv[1]))]))`;
  const list = join(folder, 'list.json');
  writeFileSync(list, JSON.stringify(paths));
  const { output } = await capture(python, ['-c', script, list]);
  const told: (number | null)[] = JSON.parse(output);
  return Object.fromEntries(Object.keys(files).map((name, n) => [name, told[n] ?? null]));
}

describe('of forged bundles both verifiers say the same:', () => {
  const say = async (files: Record<string, Buffer>) => {
    const second = await byPython(files);
    return Object.fromEntries(
      Object.entries(files).map(([name, file]) => {
        const { ok, unproved_reviews, unproved_checks } = verifyEvidence(file);
        return [name, { hub: ok ? unproved_reviews + unproved_checks : null, second: second[name] }];
      }),
    );
  };
  const made = (table: Record<string, Forged>) =>
    Object.fromEntries(Object.entries(table).map(([name, one]) => [name, forge(one)]));

  test('whole where every part fits, so that the rest of this table is refused for its own fault', async () => {
    const said = await say(made(whole));
    const expected = Object.keys(whole).map((name) => [name, name.includes('claimed') ? 1 : 0] as const);
    expect(said).toEqual(Object.fromEntries(expected.map(([name, n]) => [name, { hub: n, second: n }])));
  });

  test('refused, whatever was changed', async () => {
    const odd = Object.fromEntries(Object.entries(oddFiles).map(([name, make]) => [name, make()]));
    const said = await say({ ...made(otherForms), ...made(otherContents), ...odd });
    expect(Object.keys(said).length).toBeGreaterThan(90);
    expect(
      Object.fromEntries(Object.entries(said).filter(([, { hub, second }]) => hub !== null || second !== null)),
    ).toEqual({});
  });
});
