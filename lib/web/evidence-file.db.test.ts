import { describe, expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { type EvidenceLine, evidenceProgressType, evidenceSteps } from '#lib/evidence/progress';
import { verifyEvidence } from '#lib/evidence/verify';
import { handleEvidenceExport } from '#lib/web/evidence-file';
import { sharedDatabase } from '#tests/database';
import { addFreshAdministrator, addPerson, createRuntime, plainRecord } from '#tests/hub';

const database = sharedDatabase();
const hub = () => createRuntime(database.current, [plainRecord('http://127.0.0.1:1')]);

/** Asks as the page does, and reads the lines and the bytes after them. */
async function ask(ctx: Context, { origin, format = 'json' }: { origin?: string; format?: string } = {}) {
  const request = new Request(`${ctx.config.appUrl.origin}/admin/evidence/export`, {
    method: 'POST',
    body: new URLSearchParams({ from: '2026-01-01', to: '2026-03-31', format }),
    headers: { accept: evidenceProgressType, origin: origin ?? ctx.config.appUrl.origin },
  });
  const answer = await handleEvidenceExport(ctx, request);
  const bytes = Buffer.from(await answer.arrayBuffer());
  const lines: EvidenceLine[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf('\n', at);
    const line = JSON.parse(bytes.subarray(at, end).toString()) as EvidenceLine;
    lines.push(line);
    at = end + 1;
    if (!('step' in line)) return { lines, last: line, file: bytes.subarray(at), answer };
  }
}

describe('a file of evidence with its progress', () => {
  test('is told section by section, in their order, and comes whole after the last line', async () => {
    const { lines, last, file, answer } = await ask(await addFreshAdministrator(hub()));
    expect(answer.headers.get('content-type')).toBe(evidenceProgressType);
    // The ledger tells of each day that it has read.
    const steps = [...new Set(lines.flatMap((line) => ('step' in line ? [line.step] : [])))];
    expect(steps).toEqual(evidenceSteps.filter((step) => steps.includes(step)));
    expect(steps.at(-1)).toBe('signature');
    expect(last).toEqual({
      done: { name: 'evidence-2026-01-01-to-2026-03-31.json', type: 'application/json', bytes: file.length },
    });
    expect(verifyEvidence(file)).toMatchObject({ ok: true });
  });

  test('is the report where the form asks for that', async () => {
    const { last, file } = await ask(await addFreshAdministrator(hub()), { format: 'html' });
    expect(last).toMatchObject({ done: { name: expect.stringMatching(/\.html$/), bytes: file.length } });
    expect(file.toString()).toMatch(/^<!doctype html>/i);
  });

  test.each<[string, (runtime: ReturnType<typeof hub>) => Promise<Context>, string | undefined]>([
    ['step_up_required', async (runtime) => (await addPerson(runtime, { role: 'auditor' })).ctx(), undefined],
    ['forbidden', async (runtime) => (await addPerson(runtime)).ctx(), undefined],
    ['wrong_origin', addFreshAdministrator, 'https://elsewhere.example'],
  ])('is refused with %s, by a line and without a file', async (code, asking, origin) => {
    const { last, file } = await ask(await asking(hub()), origin === undefined ? {} : { origin });
    expect([last, file.length]).toEqual([
      { refused: { code, message: expect.any(String), reference: expect.stringMatching(/^req_/) } },
      0,
    ]);
  });
});
