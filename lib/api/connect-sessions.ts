import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { authenticate, noteRefusal } from '#lib/api/authenticate';
import { connectionSchema, toConnection } from '#lib/api/connections';
import type { ApiEnvironment } from '#lib/api/environment';
import {
  accountSchema,
  exampleConnectionId,
  idParams,
  instantText,
  json,
  needsScope,
  personId,
  refusals,
} from '#lib/api/schemas';
import { completeConnectSession } from '#lib/authorization/complete-session';
import { cancelConnectSession } from '#lib/connect-sessions/cancel';
import { createConnectSession } from '#lib/connect-sessions/create';
import { getConnectSession } from '#lib/connect-sessions/get';
import { requireApplicationKey } from '#lib/connect-sessions/require-application-key';
import { connectSessionStatuses } from '#lib/connect-sessions/views';
import { findConnection } from '#lib/connections/get';
import { AppError } from '#lib/errors';

/** How often a device should ask (RFC 8628 §3.2). */
const pollSeconds = 5;

const exampleId = 'cns_7w3k9v0q2m5x8r1t';

const params = idParams(exampleId);

/** Before the body is looked at: a key without the scope, or of no application, learns nothing of it. */
const applicationsOnly = createMiddleware<ApiEnvironment>(async (c, next) => {
  requireApplicationKey(c.var.ctx);
  await next();
});

const common = {
  tags: ['Connect sessions'],
  security: needsScope('connections:create'),
  middleware: [authenticate, noteRefusal, applicationsOnly],
};

const createSessionRoute = createRoute({
  ...common,
  method: 'post',
  path: '/connect-sessions',
  operationId: 'createConnectSession',
  summary: 'Begin a connect session',
  description:
    'For one of the people of the key’s application. Send the browser to `url` within ten minutes. It comes back to `return_url` with `session` and `code`, or with `session` and `error`. Nothing is connected before the session is completed.',
  request: {
    body: {
      required: true,
      content: json(
        z
          .strictObject({
            user: z
              .strictObject({
                id: z.string().openapi({ example: '42', description: 'The id by which the application knows them.' }),
                tenant: z.string().nullish().openapi({
                  example: 'acme',
                  description: 'The part of the application that the id is of, where it has several.',
                }),
                label: z
                  .string()
                  .nullish()
                  .openapi({ example: 'Ada Lovelace', description: 'A name that the person recognises.' }),
              })
              .openapi('ApplicationUser'),
            provider: z.string().nullish().openapi({ example: 'google', description: 'The id of a provider.' }),
            providers: z.array(z.string()).nullish().openapi({
              description:
                'Providers that the person may choose from. Without `provider` and `providers`: all that the application may connect.',
            }),
            connection: z.string().nullish().openapi({
              description: 'The connection to reconnect. Its account cannot change.',
            }),
            scopes: z.array(z.string()).nullish().openapi({
              description:
                'The scopes to ask for, all of them. Absent: every scope that the application may ask for. They need one provider.',
            }),
            device: z.boolean().optional().openapi({
              description:
                'For a machine without a browser: the person types `user_code` at `verification_url` on another device (as RFC 8628 does). Then there is no `return_url` and no `code`; ask for the session every `interval` seconds until it is `received`.',
            }),
            manage: z.boolean().optional().openapi({
              description:
                'Shows the person their connections at the application, to reconnect and disconnect them, in the one browser that follows the link. A reconnect comes back with a `code`, as any other. The key needs `connections:read` and `connections:revoke` too. Then there is no `provider`, `connection`, `scopes` or `device`.',
            }),
            return_url: z.string().nullish().openapi({
              example: 'https://app.example.com/connected',
              description: 'One of the application’s return addresses, letter by letter. Absent for a device.',
            }),
            code_challenge: z.string().openapi({
              example: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
              description:
                'Base64url of the SHA-256 of a verifier (RFC 7636 §4.2). Make a new verifier for each session, and keep it where only the browser that begins it can bring it back.',
            }),
          })
          .openapi('ConnectSessionRequest'),
      ),
    },
  },
  responses: {
    201: {
      description: 'The session. Its address is in this answer and in no other.',
      content: json(
        z
          .object({
            id: z.string().openapi({ example: exampleId }),
            url: z.string().openapi({ example: 'https://hub.example.com/connect-session?token=…' }),
            expires_at: instantText,
            user_code: z.string().optional().openapi({ example: 'WDJB-MJHT' }),
            verification_url: z.string().optional().openapi({ example: 'https://hub.example.com/device' }),
            interval: z.int().optional().openapi({ example: 5, description: 'Seconds.' }),
          })
          .openapi('NewConnectSession'),
      ),
    },
    ...refusals('invalid_request', 'unknown_provider', 'not_found', 'revoked', 'person_disabled', 'body_too_large'),
  },
});

const getSessionRoute = createRoute({
  ...common,
  method: 'get',
  path: '/connect-sessions/{id}',
  operationId: 'getConnectSession',
  summary: 'Get a connect session',
  description: 'The hub forgets a session a day after its end.',
  request: { params },
  responses: {
    200: {
      description: 'The session.',
      content: json(
        z
          .object({
            id: z.string().openapi({ example: exampleId }),
            user: personId,
            status: z.enum(connectSessionStatuses).openapi({
              description:
                '`open`: the link may be followed. `received`: the provider granted, and the hub waits ten minutes for the session to be completed. The others are ends.',
            }),
            error: z.string().nullable().openapi({ example: null, description: 'The code of the error.' }),
            provider: z.string().nullable().openapi({ example: 'google' }),
            account: accountSchema.nullable().openapi({
              description:
                'The account that came back, while the session is `received`. Where the link went by mail, or to a device, look at it before you complete.',
            }),
            connection: z.string().nullable().openapi({ example: exampleConnectionId }),
            created_at: instantText,
            expires_at: instantText,
          })
          .openapi('ConnectSession'),
      ),
    },
    ...refusals('invalid_request', 'not_found'),
  },
});

const completeRoute = createRoute({
  ...common,
  method: 'post',
  path: '/connect-sessions/{id}/complete',
  operationId: 'completeConnectSession',
  summary: 'Complete a connect session',
  description:
    'Stores the grant as a connection, once. Read the verifier from the browser session in which `code` arrived, never from a table by the session’s id: that is what refuses a link that was handed to another person. A wrong code or verifier ends the session and revokes its grant.',
  request: {
    params,
    body: {
      required: true,
      content: json(
        z
          .strictObject({
            code: z
              .string()
              .nullish()
              .openapi({ description: 'The code that the browser brought back. Absent for a device.' }),
            code_verifier: z.string().openapi({ description: 'The verifier of `code_challenge` (RFC 7636 §4.1).' }),
          })
          .openapi('ConnectSessionCompletion'),
      ),
    },
  },
  responses: {
    200: { description: 'The connection.', content: json(connectionSchema) },
    ...refusals(
      'invalid_request',
      'not_found',
      'connect_session_mismatch',
      'connect_session_over',
      'person_disabled',
      'conflict',
      'body_too_large',
    ),
  },
});

const cancelRoute = createRoute({
  ...common,
  method: 'delete',
  path: '/connect-sessions/{id}',
  operationId: 'cancelConnectSession',
  summary: 'Cancel a connect session',
  description: 'Its link is over, and a grant that it holds is revoked. A second call changes nothing.',
  request: { params },
  responses: {
    204: { description: 'It is over.' },
    ...refusals('invalid_request', 'not_found', 'conflict', 'body_too_large'),
  },
});

/** `/connect-sessions` and the operations on one of them. */
export function registerConnectSessions(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(createSessionRoute, async (c) => {
    const { connection, return_url: returnUrl, code_challenge: codeChallenge, ...asked } = c.req.valid('json');
    const { id, url, expiresAt, device } = await createConnectSession(c.var.ctx, {
      ...asked,
      connectionId: connection,
      returnUrl,
      codeChallenge,
    });
    const typed = device && { user_code: device.userCode, verification_url: device.page, interval: pollSeconds };
    return c.json({ id, url, expires_at: expiresAt.toISOString(), ...typed }, 201);
  });
  app.openapi(getSessionRoute, async (c) => {
    const view = await getConnectSession(c.var.ctx, c.req.valid('param'));
    const { id, personId: user, status, error, provider, account, connectionId: connection } = view;
    const [created_at, expires_at] = [view.createdAt.toISOString(), view.expiresAt.toISOString()];
    return c.json({ id, user, status, error, provider, account, connection, created_at, expires_at }, 200);
  });
  app.openapi(completeRoute, async (c) => {
    const { code, code_verifier: codeVerifier } = c.req.valid('json');
    const made = await completeConnectSession(c.var.ctx, { ...c.req.valid('param'), code, codeVerifier });
    const connection = await findConnection(c.var.ctx, made.connectionId);
    if (!connection) throw new AppError('internal');
    return c.json(toConnection(connection), 200);
  });
  app.openapi(cancelRoute, async (c) => {
    await cancelConnectSession(c.var.ctx, c.req.valid('param'));
    return c.body(null, 204);
  });
}
