import { z } from '@hono/zod-openapi';
import type { ApiKeyScope } from '#lib/actor';
import { type AnsweredCode, advice } from '#lib/api/advice';
import { toProblem } from '#lib/door/problem';
import { AppError, errorCodes } from '#lib/errors';

export const exampleConnectionId = 'con_7w3k9v0q2m5x8r1txd4z6b8n0c2f4h6j';
export const exampleApplicationId = 'app_4b8n0c2f6h1j5m9p';
const exampleRequestId = 'req_0a1b2c3d4e5f6g7h';
const examplePersonId = 'per_7w3k9v0q2m5x8r1t';

/** The path parameter of one connection. Text of another shape is simply not found. */
export const connectionParams = z.object({
  id: z.string().openapi({ param: { name: 'id', in: 'path' }, example: exampleConnectionId }),
});

/** A body of JSON. */
export const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

/** The path parameter of a row that is no connection. */
export const idParams = (example: string) =>
  z.object({
    id: z
      .string()
      .max(64)
      .openapi({ param: { name: 'id', in: 'path' }, example }),
  });

export const instantText = z.iso.datetime().openapi({ example: '2026-11-22T15:30:00.000Z' });
export const personId = z.string().openapi({ example: examplePersonId });

/**
 * The scope that a route asks of the key: OpenAPI 3.1 lets the requirement name the roles that are needed (§4.8.30).
 */
export const needsScope = (scope: ApiKeyScope) => [{ apiKey: [scope] }];

const problemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:grantkeep:error:needs_reconnect' }),
    title: z.string().openapi({ example: 'Conflict' }),
    status: z.int().openapi({ example: 409 }),
    detail: z.string().openapi({ example: errorCodes.needs_reconnect[1] }),
    code: z.string().openapi({ example: 'needs_reconnect', description: 'Stable. Branch on this.' }),
    request_id: z.string().openapi({ example: exampleRequestId }),
    token_fingerprint: z.string().optional().openapi({
      description: 'With `refreshed_lately`: base64 of the SHA-256 of the access token that is stored now.',
    }),
    provider_error: z.string().optional().openapi({
      description:
        'The provider’s own code, if the provider refused (RFC 6749 §5.2). It is for people to look up; branch on `code`.',
      example: 'invalid_grant',
    }),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

export const accountSchema = z
  .object({
    issuer: z.string().openapi({ example: 'https://accounts.google.com' }),
    subject: z.string().openapi({ example: '110248495921238986420' }),
    label: z.string().openapi({
      example: 'ada@example.com',
      description: 'The name by which a person recognises the account: an e-mail address or a login.',
    }),
  })
  .openapi('Account');

/** The error answers of a route, one per status, each with an example for every code it can carry. */
export function problems(...codes: readonly AnsweredCode[]) {
  const byStatus = new Map<number, AnsweredCode[]>();
  for (const code of codes) byStatus.set(errorCodes[code][0], [...(byStatus.get(errorCodes[code][0]) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      status,
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorCodes[code][1]}`).join(' '),
        content: {
          'application/problem+json': {
            schema: problemSchema,
            examples: Object.fromEntries(
              ofStatus.map((code) => [
                code,
                { description: advice[code], value: toProblem(new AppError(code), exampleRequestId) },
              ]),
            ),
          },
        },
      },
    ]),
  );
}

/** The error answers of a route that asks for a key, beside its own. */
export const refusals = (...codes: AnsweredCode[]) =>
  problems(
    ...codes,
    'invalid_api_key',
    'insufficient_scope',
    'ip_not_allowed',
    'frozen',
    'rate_limited',
    'unavailable',
  );
