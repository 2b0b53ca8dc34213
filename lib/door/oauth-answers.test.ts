import { expect, test } from 'vitest';
import { refusalPage, seeOther } from '#lib/door/oauth-answers';
import { AppError, type ErrorCode, errorCodes } from '#lib/errors';

test('a redirect is a 303 with an empty body that leaves no trace', async () => {
  const answer = seeOther('/connections?flow=connected');
  expect(answer.status).toBe(303);
  expect(await answer.text()).toBe('');
  expect(Object.fromEntries(answer.headers)).toEqual({
    location: '/connections?flow=connected',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
  });
});

test.each(Object.keys(errorCodes) as ErrorCode[])(
  'the page for %s says it in words, by its code and with the reference',
  async (code) => {
    const answer = refusalPage(new AppError(code, { cause: new Error('canary cause') }), 'req_0123456789abcdef');
    expect(answer.status).toBe(errorCodes[code][0]);
    const html = await answer.text();
    expect(html).toContain(errorCodes[code][1].replaceAll("'", '&#39;'));
    expect(html).toContain(`<code>${code}</code>`);
    expect(html).toContain('req_0123456789abcdef');
    expect(html).not.toContain('canary');
  },
);

test('nothing that comes in becomes markup, and the page runs and loads nothing foreign', async () => {
  const hostile = `<script>alert('1')</script>"&`;
  const answer = refusalPage(new AppError('invalid_request', { message: hostile }), hostile);
  const html = await answer.text();
  expect(html).not.toContain('<script');
  expect(html.match(/&lt;script&gt;alert\(&#39;1&#39;\)&lt;\/script&gt;&quot;&amp;/g)).toHaveLength(2);
  expect(answer.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'self'; img-src 'self';/,
  );
  expect(answer.headers.get('content-security-policy')).not.toContain('unsafe');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(answer.headers.get('cache-control')).toBe('no-store');
});

test('who should wait is told how long', () => {
  expect(refusalPage(new AppError('rate_limited', { retryAfterSeconds: 7 }), 'r').headers.get('retry-after')).toBe('7');
  expect(refusalPage(new AppError('state_unknown'), 'r').headers.has('retry-after')).toBe(false);
});
