import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PHASE_PRODUCTION_BUILD } from 'next/constants.js';
import { expect, onTestFinished, test } from 'vitest';
import { sourcesFingerprint } from '#scripts/sources-fingerprint';
import config from '../next.config.mjs';

test('I-07 a build is named by its sources, and its server actions as in the build before', async () => {
  const build = async () => {
    delete process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY;
    const id = await (await config(PHASE_PRODUCTION_BUILD)).generateBuildId?.();
    return { id, key: process.env.NEXT_SERVER_ACTIONS_ENCRYPTION_KEY };
  };
  const first = await build();
  expect(first.id).toBe(sourcesFingerprint().slice(0, 21));
  expect(Buffer.from(String(first.key), 'base64')).toHaveLength(32);
  expect(await build()).toEqual(first);
});

test('I-07 a changed source gives another name, and a changed test does not', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-sources-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'lib'));
  const written = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return sourcesFingerprint(`${folder}/`);
  };
  const before = written('lib/one.ts', 'a');
  expect(written('lib/one.test.ts', 'a')).toBe(before);
  expect(written('lib/one.ts', 'b')).not.toBe(before);
  expect(written('lib/one.ts', 'a')).toBe(before);
});

test('outside of a build nothing is named', async () => {
  expect(await config('phase-production-server')).not.toHaveProperty('generateBuildId');
});
