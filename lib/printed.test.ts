import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describePrinted } from '#lib/printed';

let folder: string;
let written = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantkeep-printed-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ran {
  status: number | null;
  /** Each line of standard output, parsed. */
  lines: Record<string, unknown>[];
  output: string;
  errors: string;
}

/** Runs code in a process of its own with the log as its output, in production. */
async function run(code: string): Promise<Ran> {
  const file = join(folder, `${++written}.mjs`);
  writeFileSync(file, code);
  const program = `
    import { ownOutput } from '#lib/printed';
    globalThis.release = ownOutput();
    await import(process.env.CODE);`;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env: { ...process.env, NODE_ENV: 'production', CODE: file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (!child.stdout || !child.stderr) throw new Error('no output');
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const lines = output.trimEnd().split('\n');
  return { status, output, errors, lines: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const canary = 'gk_0123456789abcdefghijklmnop';

describe('A-05 whatever prints', () => {
  test('the first line says that the process starts', async () => {
    const { lines } = await run('');
    expect(lines).toMatchObject([{ event: 'starting', level: 'info' }]);
  });

  test.each<[what: string, code: string]>([
    ['console.log', "console.log('a\\nb', TEXT)"],
    ['console.error', 'console.error(TEXT)'],
    ['console.warn with a format', "console.warn('%s!', TEXT)"],
    ['console.info', 'console.info(TEXT)'],
    ['console.debug', 'console.debug(TEXT)'],
    ['console.trace', 'console.trace(TEXT)'],
    ['console.error with an error', 'console.error(new Error(TEXT, { cause: new Error(TEXT) }))'],
    ['a line on standard output', "process.stdout.write(TEXT + '\\n')"],
    ['bytes on standard output', 'process.stdout.write(Buffer.from(TEXT))'],
    ['standard error', 'process.stderr.write(TEXT)'],
    [
      'a console kept from before',
      'const { Console } = await import("node:console"); new Console(process.stdout).log(TEXT)',
    ],
    ['a warning', 'process.emitWarning(TEXT)'],
    ['a deprecation', "process.emitWarning(TEXT, 'DeprecationWarning', 'DEP0000')"],
  ])('%s becomes one line, scrubbed', async (_, code) => {
    const said = `token ${canary}\n{"level":"info","event":"forged"}\n\u001b[31mred`;
    const { lines, output, errors } = await run(`const TEXT = ${JSON.stringify(said)};\n${code};`);
    expect(lines.map(({ event }) => event)).toEqual(['starting', expect.stringMatching(/^printed$/)]);
    expect(output).not.toContain(canary);
    expect(output).not.toContain('\u001b');
    expect(errors).toBe('');
  });

  test('a text of 16 kB is cut, and the objects of a library are named only', () => {
    const { text } = describePrinted(['x'.repeat(16_384), { password: 'canary' }, [1]]);
    expect(text?.length).toBeLessThanOrEqual(500);
    expect(describePrinted([{ password: 'canary' }, new Map([['a', 'canary']])])).toEqual({ text: '[Object] [Map]' });
    expect(describePrinted(['  \n'])).toEqual({});
  });

  test('the parameters of a failed statement stay out', () => {
    const { text } = describePrinted(['Error: Failed query: select $1\nparams: canary\nmore canary']);
    expect(text).toBe('Error: Failed query: select $1');
  });

  test('a flood is counted and not written', async () => {
    const { lines } = await run(
      "for (let n = 0; n < 3200; n++) console.error('aborted', n); await new Promise((after) => setTimeout(after, 11_000));",
    );
    const printed = lines.filter(({ event }) => event === 'printed');
    expect(printed).toHaveLength(20);
    expect(lines.at(-1)).toMatchObject({ event: 'printed_omitted', 'grantkeep.lines': 3180, level: 'warn' });
  });

  test.each<[what: string, code: string]>([
    ['is thrown and caught by nobody', `setTimeout(() => { throw new Error('lost ${canary}') }, 1)`],
    ['is rejected and awaited by nobody', `Promise.reject(new Error('lost ${canary}'))`],
    ['is thrown while it is loaded', `throw new Error('lost ${canary}')`],
  ])('what %s ends the process with one line', async (_, code) => {
    const { status, lines, output, errors } = await run(`${code};`);
    expect(status).toBe(1);
    expect(lines).toMatchObject([{ event: 'starting' }, { event: 'uncaught', level: 'fatal' }]);
    expect(output + errors).not.toContain(canary);
    expect(errors).toBe('');
  });
});
