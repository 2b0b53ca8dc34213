import { editTokens } from '#demo/odd/edits';
import type { Oddity } from '#demo/odd/oddity';

const typed = (word: string | undefined) =>
  editTokens((body) => {
    body.token_type = word;
  });

/** Says the life of the access token in another way. */
const lives = (say: (seconds: number) => Record<string, unknown>) =>
  editTokens((body) => {
    const seconds = Number(body.expires_in);
    delete body.expires_in;
    Object.assign(body, say(seconds));
  });

/** What the token endpoint answers. */
export const tokenRows: readonly Oddity[] = [
  {
    name: 'own_token_type',
    cases: ['P-09'],
    does: 'It calls a bearer token a bot.',
    touches: ['token type'],
    answered: typed('bot'),
    record: { bearer_token_types: ['bot'] },
  },
  {
    name: 'token_type_with_space',
    cases: ['P-09'],
    does: 'It writes the token type in upper case, with a space behind it.',
    touches: ['token type'],
    answered: typed('BEARER '),
  },
  {
    name: 'no_token_type',
    cases: ['P-09'],
    does: 'It says no token type.',
    touches: ['token type'],
    answered: typed(undefined),
  },
  {
    name: 'form_as_html',
    cases: ['P-10'],
    does: 'It answers a form, and calls it text/html.',
    touches: ['token format', 'numbers', 'token place', 'scopes'],
    answered: editTokens((_body, { answer }) => {
      answer.format = 'form';
      answer.headers['content-type'] = 'text/html; charset=utf-8';
    }),
  },
  {
    name: 'json_as_text',
    cases: ['P-10'],
    does: 'It answers JSON, and calls it text/plain.',
    touches: ['token format'],
    answered: editTokens((_body, { answer }) => {
      answer.headers['content-type'] = 'text/plain';
    }),
  },
  {
    name: 'no_life_after_refresh',
    cases: ['P-11'],
    does: 'It says the life of a token once, and not when the token is refreshed.',
    touches: ['life'],
    answered: editTokens((body) => void delete body.expires_in, 'refresh_token'),
  },
  {
    name: 'never_says_a_life',
    cases: ['P-11'],
    does: 'It never says how long a token lives.',
    touches: ['life'],
    answered: lives(() => ({})),
    outcome: { life: null },
  },
  {
    name: 'life_as_text',
    cases: ['P-12'],
    does: 'It says the life of a token as text.',
    touches: ['life'],
    answered: lives((seconds) => ({ expires_in: String(seconds) })),
  },
  {
    name: 'life_as_moment',
    cases: ['P-12'],
    does: 'It says when a token ends, in seconds since 1970.',
    touches: ['life'],
    answered: lives((seconds) => ({ expires_at: Math.floor(Date.now() / 1000) + seconds })),
  },
  {
    name: 'life_as_date',
    cases: ['P-12'],
    does: 'It says when a token ends as a date.',
    touches: ['life'],
    answered: lives((seconds) => ({ expires_at: new Date(Date.now() + seconds * 1000).toISOString() })),
  },
  {
    name: 'life_in_milliseconds',
    cases: ['P-12'],
    does: 'It says the life of a token in milliseconds, under a name of its own.',
    touches: ['life'],
    answered: lives((seconds) => ({ ttl: seconds * 1000 })),
    record: { access_token_life: { path: 'ttl', as: 'milliseconds' } },
  },
  {
    name: 'refresh_expires_in',
    cases: ['P-12'],
    does: 'It says the life of the refresh token as refresh_expires_in.',
    touches: ['refresh life'],
    answered: editTokens((body) => {
      body.refresh_expires_in = 2_592_000;
    }),
  },
  {
    name: 'token_of_a_person_inside',
    cases: ['P-13'],
    does: 'It puts the token inside when a code is exchanged, and answers it flat when it is refreshed.',
    touches: ['token place'],
    answered: (exchange) => {
      if (!exchange.issued || exchange.grantType !== 'authorization_code') return;
      const { id_token, ...body } = exchange.answer.body as Record<string, unknown>;
      exchange.answer.body = { ok: true, id_token, authed_user: body };
    },
    record: { token_path: ['authed_user.access_token'] },
  },
  {
    name: 'lasting_refresh_token',
    cases: ['RFC 6749 §6'],
    does: 'It answers a refresh without a refresh token: the old one goes on.',
    touches: ['refresh token'],
    answered: editTokens((body, { asked, issued, server }) => {
      delete body.refresh_token;
      server.grants.keepRefreshToken(asked.parameters.get('refresh_token') ?? '', issued?.refresh_token ?? '');
    }, 'refresh_token'),
  },
];
