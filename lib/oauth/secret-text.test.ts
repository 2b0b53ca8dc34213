import { describe, expect, test } from 'vitest';
import { mayBeToken, shownFields } from '#lib/flow-trace/mask';
import { providerText } from '#lib/oauth/provider-text';
import { holdsSecret, isOpaque } from '#lib/oauth/secret-text';
import { randomFrom } from '#tests/random';

/** Secrets of the characters that real ones have, and of some that encodings change. */
const secrets = ['hub&secret "one" <é>', 'not-a-real_secret.~1/+%3D!', 'plainletterswithoutdigits'];

const base64 = (text: string) => Buffer.from(text).toString('base64');
const percent = encodeURIComponent;
const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (one) => one.toLowerCase());
const form = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
const inJson = (text: string) => JSON.stringify(text).slice(1, -1);
const everyCharacter = (text: string, write: (code: number) => string) =>
  [...text].map((one) => write(one.codePointAt(0) ?? 0)).join('');
const inHtml = (text: string) =>
  text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`).replaceAll('&#38;', '&amp;');

/** How servers repeat what they were sent. */
const forms: [string, (secret: string) => string][] = [
  ['raw', (secret) => secret],
  ['percent-encoded', percent],
  ['percent-encoded in small letters', (secret) => lower(percent(secret))],
  ['percent-encoded, every byte', (secret) => everyCharacter(secret, (code) => percent(String.fromCodePoint(code)))],
  ['percent-encoded twice', (secret) => percent(percent(secret))],
  ['as a form', form],
  ['as a form in small letters', (secret) => lower(form(secret))],
  ['escaped as in JSON', inJson],
  [
    'escaped as in JSON, every character',
    (secret) => everyCharacter(secret, (code) => `\\u${code.toString(16).padStart(4, '0')}`),
  ],
  ['JSON inside of JSON', (secret) => inJson(JSON.stringify({ token: secret }))],
  ['escaped as in HTML', inHtml],
  ['escaped as in HTML, in hexadecimal', (secret) => everyCharacter(secret, (code) => `&#x${code.toString(16)};`)],
  ['in base64', base64],
  ['in base64url', (secret) => Buffer.from(secret).toString('base64url')],
  ['in base64, behind an id', (secret) => base64(`client-1:${secret}`)],
  ['in base64, behind two bytes', (secret) => base64(`ab${secret}cd`)],
  ['percent-encoded base64', (secret) => percent(base64(secret))],
  ['in the query of a URL', (secret) => `https://as.example/cb?code=${percent(secret)}&x=1`],
  ['in the path of a URL', (secret) => `https://as.example/t/${percent(secret)}/x`],
  ['in a header', (secret) => `Authorization: Bearer ${secret}`],
  [
    'in a header that is broken into lines',
    (secret) => `Authorization: Bearer ${secret.slice(0, 9)}\r\n ${secret.slice(9)}`,
  ],
  ['broken into groups', (secret) => secret.match(/.{1,5}/gu)?.join(' ') ?? ''],
];

describe.each(forms)('a secret %s', (_, write) => {
  test.each(secrets)('%s', (secret) => {
    for (const text of [write(secret), `You sent ${write(secret)}, thank you`]) {
      expect(holdsSecret(text, [secret])).toBe(true);
      const trace = JSON.stringify(shownFields([['hint', text]], new Set([secret])));
      const log = String(providerText(text, [secret]));
      for (const shown of [trace, log]) {
        expect(shown).not.toContain(write(secret));
        expect(holdsSecret(shown, [secret])).toBe(false);
      }
    }
  });
});

test('other texts are told as they are', () => {
  for (const text of [
    'The refresh token is invalid or expired.',
    'Bad redirect_uri: https://hub.example/cb',
    'invalid_grant',
  ])
    expect([providerText(text, secrets), holdsSecret(text, secrets)]).toEqual([text, false]);
});

test('a short secret is one only where it is the whole text, in whichever form', () => {
  expect(holdsSecret('a&b', ['a&b'])).toBe(true);
  expect(holdsSecret('a%26b', ['a&b'])).toBe(true);
  expect(holdsSecret('so a&b it is', ['a&b'])).toBe(false);
});

describe('a text of which nobody knows that it is secret', () => {
  // One random token in two hundred has no digit, and was shown.
  test('is masked by its look, also without a digit', () => {
    const random = randomFrom(41);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_';
    const shown = Array.from({ length: 20_000 }, () =>
      Array.from({ length: 32 }, () => alphabet[Math.floor(random() * alphabet.length)]).join(''),
    ).filter((text) => !mayBeToken(text) || !mayBeToken(`see https://a.example/?q=${text}`));
    // Words have letters, too: one in a thousand of those without a digit looks like words.
    expect(shown.length).toBeLessThan(20);
  });
  test.each([
    ...['InvalidRefreshTokenException', 'org.example.TokenExpiredException', 'INVALID_REFRESH_TOKEN_GIVEN'],
    ...['temporarily_unavailable_for_now', 'authorization-code-was-used', 'redirectUriDoesNotMatch'],
  ])('%s is a word', (word) => {
    expect(isOpaque(word)).toBe(false);
  });
});
