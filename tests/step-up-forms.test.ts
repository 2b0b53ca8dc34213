import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

/** Every source of the pages that has a form, with the text of the file. */
const sources = globSync('app/**/*.tsx')
  .filter((path) => !path.includes('.test.'))
  .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

/** Handlers that answer a file only after a fresh sign-in: the browser posts their forms by itself. */
const files = /action=(?:"\/admin\/(?:ledger|connections)\/export"|\{`\$\{path\}\/export`\})/;
/** What a form shows that was refused for want of one. */
const refusals = /<(?:Refusal|StepUpOffer)\b/;

const rows = sources.flatMap(({ path, text }) =>
  text
    .split(/(?=<form\b)/)
    .slice(1)
    .map((form, n) => ({ name: `${path}, form ${n + 1}`, form: form.split('</form>')[0] ?? '', text })),
);

describe('S-13 a form that needs a fresh sign-in', () => {
  const needing = rows.filter(({ form, text }) => files.test(form) || refusals.test(form) || /StepUpOffer/.test(text));

  test('is found in many places', () => {
    expect(needing.length).toBeGreaterThan(9);
  });

  test.each(needing)('keeps what was typed and goes on: $name', ({ form }) => {
    expect(form).toMatch(/<GoOn\b/);
  });

  test.each(rows.filter(({ form }) => files.test(form) && !/onSubmit/.test(form)))(
    'asks before the browser leaves the page: $name',
    ({ form }) => {
      expect(form).toMatch(/<GoOn\b[^>]*signInUntil/);
    },
  );

  test('is there before the sign-in, with a word on it above', () => {
    const hidden = sources.filter(({ text }) => /fresh \? null : <StepUpNotice|fresh \? \(\s*<\w*Form\b/.test(text));
    expect(hidden.map(({ path }) => path)).toEqual([]);
  });
});
