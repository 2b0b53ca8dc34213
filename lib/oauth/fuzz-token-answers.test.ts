import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isOAuthError } from '#lib/oauth/oauth-error';
import { refreshGrant } from '#lib/oauth/refresh-grant';
import type { TokenSet } from '#lib/oauth/types';
import { fuzzing } from '#tests/fuzzing';
import { clientSecret, depsFor, pinnedOf, quirkyRecord, runExchange } from '#tests/servers/quirky-provider';
import { quirkyServer } from '#tests/servers/quirky-server';
import { anyAnswer, bodyMark, canRefuse, goodAnswer, secretMark, sendRaw } from '#tests/token-answers';

const shownRefreshToken = `${secretMark}shown`;

const records: Record<string, Record<string, unknown>> = {
  'a plain record': { response_fields: ['shard'] },
  'one whose errors come in a 200': { error_in_200: true, response_fields: ['shard', 'toString'] },
  'one whose token lies deeper': { token_path: 'authed_user.access_token', scope_sep_in: ',' },
  'one that keeps an address': { response_fields: ['instance_url'], url_field_hosts: { instance_url: ['.example'] } },
};

const grants = {
  'a refresh': async (context: Made): Promise<TokenSet> =>
    refreshGrant(context.provider, context.pinned, { refreshToken: shownRefreshToken }, context.deps),
  'an exchange': async (context: Made): Promise<TokenSet> =>
    runExchange(context.provider, context.pinned, context.deps),
  'an exchange that expects an ID token': async (context: Made): Promise<TokenSet> =>
    runExchange(context.provider, context.pinned, context.deps, ['openid']),
};

async function make(overrides: Record<string, unknown>) {
  const server = await quirkyServer();
  const provider = quirkyRecord(server, overrides);
  return { server, provider, pinned: pinnedOf(server), deps: depsFor(provider) };
}
type Made = Awaited<ReturnType<typeof make>>;

const header = /^[\x21-\x7e]{1,65536}$/;
const storable = (text: string) => text.isWellFormed() && !text.includes('\u0000');

/** A token set that everything behind may rely on. */
function expectSound(tokens: TokenSet): void {
  expect(tokens.access_token).toMatch(header);
  expect(tokens.token_type).toBe('bearer');
  if (tokens.refresh_token !== null) expect(tokens.refresh_token).toMatch(header);
  for (const life of [tokens.expires_in, tokens.refresh_token_expires_in]) {
    if (life !== null)
      expect(Number.isInteger(life) && life >= 0 && life <= 10 * 366 * 86_400, String(life)).toBe(true);
  }
  for (const scope of tokens.scopes ?? []) expect([storable(scope), scope.trim()]).toEqual([true, scope]);
  expect(new Set(tokens.scopes).size).toBe(tokens.scopes?.length ?? 0);
  for (const value of Object.values(tokens.extras)) {
    expect(['string', 'number', 'boolean']).toContain(typeof value);
    if (typeof value === 'string') expect(storable(value)).toBe(true);
  }
}

/** Everything that a log, a page or a debugger could make of an error. */
const shownOf = (error: unknown) =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n');

function expectCodedAndSilent(error: unknown): asserts error is Error {
  expect(isOAuthError(error), inspect(error)).toBe(true);
  const shown = shownOf(error);
  for (const mark of [secretMark, bodyMark, clientSecret, encodeURIComponent(clientSecret)]) {
    expect(shown).not.toContain(mark);
  }
}

describe.each(Object.keys(records))('whatever the token endpoint answers under %s', (record) => {
  test.each(Object.keys(grants) as (keyof typeof grants)[])(
    '%s brings a sound token set or a coded error',
    async (grant) => {
      const made = await make(records[record] ?? {});
      await fc.assert(
        fc.asyncProperty(anyAnswer, async (answer) => {
          made.server.on('POST /token', { raw: sendRaw(answer) });
          try {
            expectSound(await grants[grant](made));
          } catch (error) {
            expectCodedAndSilent(error);
            if (!isOAuthError(error)) throw error;
            // An outage, a proxy or an unreadable answer is no revocation.
            if (error.disposition === 'dead_grant') {
              expect(canRefuse(answer, made.provider.error_in_200)).toBe(true);
              expect([grant, error.providerError]).toEqual(['a refresh', 'invalid_grant']);
            }
          }
        }),
        fuzzing(200),
      );
    },
  );
});

describe('an answer with a usable access token and refresh token', () => {
  const rows = ['a plain record', 'one whose errors come in a 200', 'one that keeps an address'] as const;
  test.each(rows)('is kept whole by a refresh, whatever else it says: under %s', async (record) => {
    const made = await make(records[record] ?? {});
    await fc.assert(
      fc.asyncProperty(goodAnswer, async (answer) => {
        made.server.on('POST /token', { raw: sendRaw(answer) });
        const tokens = await grants['a refresh'](made);
        expectSound(tokens);
        expect([tokens.access_token, tokens.refresh_token]).toEqual([answer.accessToken, answer.refreshToken]);
      }),
      fuzzing(250),
    );
  });

  test('is kept whole by an exchange that expects no ID token, whatever else it says', async () => {
    const made = await make(records['a plain record'] ?? {});
    await fc.assert(
      fc.asyncProperty(goodAnswer, async (answer) => {
        made.server.on('POST /token', { raw: sendRaw(answer) });
        const tokens = await grants['an exchange'](made);
        expect([tokens.access_token, tokens.refresh_token]).toEqual([answer.accessToken, answer.refreshToken]);
      }),
      fuzzing(250),
    );
  });
});
