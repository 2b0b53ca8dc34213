import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import { withKey } from '#lib/api/call';
import type { ApiEnvironment } from '#lib/api/environment';
import { notJson } from '#lib/api/note-failure';
import { accountSchema, connectionParams, instantText, needsScope, problems } from '#lib/api/schemas';
import { parseInput } from '#lib/parse-input';
import { purposeText, statedScopesList } from '#lib/tokens/stated-use';
import { fingerprintText, type VendedToken, vendToken } from '#lib/tokens/vend-token';

const tokenSchema = z
  .looseObject({
    access_token: z.string().openapi({ example: 'ya29.a0AfB_byC…' }),
    token_type: z.string().openapi({ example: 'Bearer' }),
    expires_at: instantText.nullable().openapi({ description: 'Null if the provider gives the token no end.' }),
    expires_in: z.int().nullable().openapi({ example: 3412, description: 'Seconds left at the moment of the answer.' }),
    scope: z.string().nullable().openapi({
      example: 'openid email',
      description: 'Granted scopes, separated by spaces (RFC 6749 §3.3). Null where the provider does not say.',
    }),
    missing_scopes: z.array(z.string()).openapi({
      example: [],
      description: 'Scopes that were asked for and not granted: by the connection, or by `scopes` of this call.',
    }),
    provider: z.string().openapi({ example: 'google' }),
    account: accountSchema,
  })
  .openapi('Token', {
    description:
      'Further fields that calls to the provider need, such as `instance_url`, stand beside these under their own names.',
  });

const vendBody = z
  .strictObject({
    rejected_token_fingerprint: fingerprintText.optional().openapi({
      example: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
      description:
        'Base64 of the SHA-256 of an access token that the provider refused. If it is still the stored one, the hub refreshes it first, at most once in 30 seconds.',
    }),
    purpose: purposeText.optional().openapi({
      example: 'Nightly invoices',
      // Clients compile it with and without the flag for Unicode; the hub itself refuses a little more.
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$',
      description: 'Why the service reads. It stays in the ledger: write no personal data and no secrets.',
    }),
    scopes: statedScopesList.optional().openapi({
      example: ['email'],
      description:
        'The scopes that the service will use. It narrows nothing; the review of scopes compares it with what was granted.',
    }),
  })
  .openapi('TokenRequest');

const vendRoute = createRoute({
  method: 'post',
  path: '/connections/{id}/token',
  operationId: 'vendToken',
  summary: 'Get a live access token',
  description:
    'Answers the connection’s access token. With less than a minute, or a tenth of its life, left the hub refreshes it first.',
  tags: ['Tokens'],
  security: needsScope('tokens:vend'),
  request: {
    params: connectionParams,
    body: { required: false, content: { 'application/json': { schema: vendBody } } },
  },
  responses: {
    200: { description: 'A live token.', content: { 'application/json': { schema: tokenSchema } } },
    ...problems(
      'invalid_request',
      'unknown_scope',
      'invalid_api_key',
      'insufficient_scope',
      'ip_not_allowed',
      'not_found',
      'needs_reconnect',
      'refreshed_lately',
      'revoked',
      'frozen',
      'body_too_large',
      'rate_limited',
      'provider_unavailable',
      'provider_configuration',
      'grant_in_doubt',
      'refresh_in_progress',
      'unavailable',
    ),
  },
});

/** The request in the body. An absent body asks for nothing; one of another type than JSON is refused. */
async function readBody(c: HonoContext<ApiEnvironment>): Promise<z.output<typeof vendBody>> {
  const text = c.req.header('content-length') === '0' ? '' : await c.req.text();
  if (text === '') return {};
  if (!/^application\/json\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) throw notJson();
  return parseInput(vendBody, parseJson(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw notJson(cause);
  }
}

/** `POST /connections/{id}/token`. Described like the others, but the framework's own checks cost as much as the vend. */
export function registerTokens(app: OpenAPIHono<ApiEnvironment>): void {
  app.openAPIRegistry.registerPath(vendRoute);
  app.post(vendRoute.getRoutingPath(), async (c) => {
    // The key is checked in the same round trip that finds the connection.
    const token = await withKey(c.var.call, async (key) => {
      const { rejected_token_fingerprint: rejectedTokenFingerprint, purpose, scopes } = await readBody(c);
      return vendToken(c.var.ctx, { id: c.req.param('id'), key, rejectedTokenFingerprint, purpose, scopes });
    });
    return c.json(toAnswer(token), 200);
  });
}

/** A vended token as the API answers it. */
export function toAnswer(token: VendedToken): z.output<typeof tokenSchema> {
  return {
    ...token.extras,
    access_token: token.accessToken,
    token_type: token.tokenType,
    expires_at: token.expiresAt?.toISOString() ?? null,
    expires_in: token.expiresIn,
    scope: token.scopes?.join(' ') ?? null,
    missing_scopes: token.missingScopes,
    provider: token.provider,
    account: token.account,
  };
}
