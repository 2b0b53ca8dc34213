import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbedded } from '#lib/db/open';
import { sayStartFault, startFaults } from '#lib/start-faults';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-faults-'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const canary = 'canary-of-a-secret-value';
const failing = (code: string) => Object.assign(new Error(`it failed: ${code}`), { code });

describe('F-26 a start that fails says a sentence and no stack', () => {
  test.each(Object.keys(startFaults))('%s', (code) => {
    const inner = failing(code);
    for (const error of [
      inner,
      new Error(`Failed query: select 1\nparams: ${canary}`, { cause: inner }),
      new Error('outer', { cause: new AggregateError([inner], 'all failed') }),
    ]) {
      const said = sayStartFault(error);
      expect(said).toContain(startFaults[code]);
      expect(said).toContain(`(${code}: `);
      expect(said).not.toMatch(/\n|^\s*at /);
      expect(said).not.toContain(canary);
    }
  });

  test.each([
    ['an error that nothing is known of', new Error('odd'), 'Grantkeep cannot start: odd'],
    ['one of several lines', new Error('odd\n    at x'), 'Grantkeep cannot start: odd'],
    ['what is no error', 'text', 'Grantkeep cannot start: thrown string'],
    [
      'SQLite’s refusal to open the lock of a folder',
      Object.assign(new Error('unable to open'), { errcode: 14 }),
      'EACCES',
    ],
    ['SQLite’s refusal to write it', Object.assign(new Error('readonly'), { errcode: 8 }), 'read-only file system'],
  ])('%s', (_, error, part) => {
    expect(sayStartFault(error)).toContain(part);
    expect(sayStartFault(error)).not.toContain('\n');
  });

  test.each([
    ['a data folder that is a file', () => openEmbedded(join(folder, 'file')), 'DATA_DIR is a file'],
    ['one within a file', () => openEmbedded(join(folder, 'file', 'data')), 'is no folder'],
    [
      'a port that is taken',
      async () => {
        const [first, second] = [createServer(), createServer()];
        await new Promise<void>((resolve) => first.listen(0, '127.0.0.1', resolve));
        const address = first.address();
        const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
        try {
          await new Promise<void>((resolve, reject) => second.once('error', reject).listen(port, '127.0.0.1', resolve));
        } finally {
          first.close();
        }
      },
      'PORT is taken',
    ],
  ])('%s, as the system says it', async (_, fail, part) => {
    const error = await fail().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(sayStartFault(error)).toContain(part);
  });
});
