import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTagWriter } from '#lib/door/script-tags';

const hash = `sha256-${'a'.repeat(43)}=`;
const path = '/_next/static/chunks/0-a_b.js';
const integrity = new Map([[path, hash]]);
const added = `integrity="${hash}" crossorigin="anonymous"`;

function written(pieces: readonly string[]): string {
  const writer = createTagWriter(integrity);
  return pieces.map((piece) => writer.write(piece)).join('') + writer.end();
}

test.each<[string, string]>([
  [`<script src="${path}" async="" nonce="n"></script>`, `<script ${added} src="${path}" async="" nonce="n"></script>`],
  [`<script nonce="n" src="${path}?dpl=1">`, `<script ${added} nonce="n" src="${path}?dpl=1">`],
  [`<link rel="preload" as="script" href="${path}"/>`, `<link ${added} rel="preload" as="script" href="${path}"/>`],
  [`<link rel="stylesheet" href="${path}"/>`, `<link rel="stylesheet" href="${path}"/>`],
  [`<script integrity="x" src="${path}">`, `<script integrity="x" src="${path}">`],
  ['<script src="/_next/static/chunks/other.js">', '<script src="/_next/static/chunks/other.js">'],
  [`<script src="https://evil.example${path}">`, `<script src="https://evil.example${path}">`],
  [
    '<script nonce="n">if(a<b&&b>c)d("\\u003cscript")</script>',
    '<script nonce="n">if(a<b&&b>c)d("\\u003cscript")</script>',
  ],
  [`<p>&lt;script src="${path}"></p>`, `<p>&lt;script src="${path}"></p>`],
  ['<head><title>a</title>', `<head><meta name="script-integrity" content="${path}=${hash}"><title>a</title>`],
])('%s', (given, expected) => {
  expect(written([given])).toBe(expected);
});

test('pieces may end anywhere', () => {
  const page = `<!DOCTYPE html><html><head><script src="${path}"></script></head><body>ä<b>< 1</b><link rel="preload" as="script" href="${path}"/> <`;
  const whole = written([page]);
  fc.assert(
    fc.property(fc.array(fc.nat(page.length), { maxLength: 12 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), page.length];
      expect(written(places.slice(1).map((end, n) => page.slice(places[n], end)))).toBe(whole);
    }),
  );
});
