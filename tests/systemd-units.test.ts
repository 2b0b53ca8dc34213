import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { secretVariables } from '#lib/config/secret-files';
import { getDebianProgram } from '#scripts/debian-programs';

const units = readdirSync('deploy/systemd').map((name) => join('deploy/systemd', name));
/** Of 100: the sum of what the process could do beyond its work, as `systemd-analyze security` counts it. */
const mostExposure = 20;

let folder: string;
let analyze: string;
beforeAll(async () => {
  analyze = await getDebianProgram('systemd-analyze');
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-units-'));
  // As they would be installed, but with the product in this folder: verifying looks whether the programs are there.
  for (const unit of units)
    writeFileSync(
      join(folder, basename(unit)),
      readFileSync(unit, 'utf8')
        .replaceAll('/opt/grantkeep/node', process.execPath)
        .replaceAll('/opt/grantkeep', process.cwd()),
    );
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('I-07 systemd takes the units without a word', () => {
  const { status, stderr } = spawnSync(analyze, ['verify', ...units.map((unit) => join(folder, basename(unit)))], {
    encoding: 'utf8',
  });
  // Of the machine's own units it may say what it likes.
  expect(stderr.split('\n').filter((line) => line.includes('grantkeep'))).toEqual([]);
  expect(status).toBe(0);
});

test.each(units)('I-07 %s may do little beyond its work', (unit) => {
  const args = [
    'security',
    '--offline=true',
    '--no-pager',
    `--threshold=${mostExposure}`,
    join(folder, basename(unit)),
  ];
  expect(execFileSync(analyze, args, { encoding: 'utf8' })).toContain('Overall exposure level');
});

test.each(units)('%s gives secrets as files that the hub reads', (unit) => {
  const text = readFileSync(unit, 'utf8');
  const credentials = [...text.matchAll(/^LoadCredential=(\w+):/gm)].map(([, name]) => name);
  const given = [...text.matchAll(/\b([A-Z_]+)_FILE=%d\/(\w+)/g)].map(([, variable, name]) => [variable, name]);
  expect(given.map(([, name]) => name)).toEqual(credentials);
  for (const [variable, name] of given) {
    expect(secretVariables).toContain(variable);
    expect(variable?.toLowerCase()).toBe(name);
  }
});
