import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { authenticate, noteRefusal } from '#lib/api/authenticate';
import type { ApiEnvironment } from '#lib/api/environment';
import {
  accountSchema,
  connectionParams,
  exampleApplicationId,
  exampleConnectionId,
  instantText,
  needsScope,
  personId,
  problems,
} from '#lib/api/schemas';
import { displayStatuses } from '#lib/connections/filter';
import { getConnection } from '#lib/connections/get';
import { personJson } from '#lib/connections/its-person';
import { listConnections } from '#lib/connections/list';
import type { AdminConnectionView } from '#lib/connections/views';
import { revokeConnection } from '#lib/revocation/revoke';

export const hubPerson = z
  .object({
    id: personId,
    issuer: z.string().openapi({ example: 'https://accounts.google.com' }),
    subject: z.string().openapi({ example: '110248495921238986420' }),
    email: z.string().nullable().openapi({ example: 'ada@example.com' }),
  })
  .openapi('HubPerson', { description: 'A person who signs in to the hub.' });

export const applicationPerson = z
  .object({
    id: personId,
    application: z.string().openapi({ example: exampleApplicationId }),
    tenant: z.string().nullable().openapi({ example: null }),
    user: z.string().nullable().openapi({ example: '4711', description: 'Null once the person was deleted here.' }),
    label: z.string().nullable().openapi({ example: 'Ada Lovelace' }),
  })
  .openapi('ApplicationPerson', { description: 'A person whom an application knows by its own ids.' });

export const connectionSchema = z
  .object({
    id: z.string().openapi({ example: exampleConnectionId }),
    user: personId,
    person: z.union([applicationPerson, hubPerson]),
    provider: z.string().openapi({ example: 'google' }),
    account: accountSchema,
    status: z.enum(displayStatuses).openapi({
      description: '`refresh_due` is connected: the next call refreshes its token.',
    }),
    status_reason: z
      .string()
      .nullable()
      .openapi({ example: null, description: 'A stable code such as `invalid_grant`.' }),
    provider_error: z.string().nullable().openapi({
      example: null,
      description:
        'The provider’s own code of the refusal with which the connection ended. For people; do not branch on it.',
    }),
    scope: z
      .string()
      .nullable()
      .openapi({ example: 'openid email', description: 'Null where the provider does not say.' }),
    missing_scopes: z.array(z.string()),
    expires_at: instantText.nullable(),
    refreshable: z.boolean(),
    extras: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    choices: z.array(z.object({ name: z.string(), chosen: z.string().nullable() })).openapi({
      example: [],
      description:
        'Lists from which the person chooses an entry, such as a site or a company. Until then `chosen` is null, and `extras` lacks the fields of the choice.',
    }),
    missing: z.array(z.string()).openapi({
      example: [],
      description:
        'Fields that the provider did not answer yet: `account.label`, or `extras.` and a field of a look-up.',
    }),
    created_at: instantText,
    connected_at: instantText,
    last_used_at: instantText.nullable(),
    last_refreshed_at: instantText.nullable(),
    last_refresh_error: z.string().nullable(),
    revoked_at: instantText.nullable().openapi({ example: null }),
    revocation: z
      .object({
        state: z.enum(['pending', 'revoked_upstream', 'unsupported', 'failed']),
        attempts: z.int(),
        finished_at: instantText.nullable(),
        proof: z.enum(['none', 'due', 'proved', 'still_accepted', 'not_provable']).openapi({
          description:
            '`proved`: the provider accepted a token before and refused it afterwards. `due`: the provider still accepts one, and the hub tries it again.',
        }),
        proved_at: instantText.nullable(),
        honoured_until: instantText.nullable().openapi({
          description: 'Services that validate the access token offline may accept it until then.',
        }),
      })
      .nullable()
      .openapi({
        description: 'The state of the revocation at the provider. Null for a connection that is not revoked.',
      }),
  })
  .openapi('Connection');

const text = (at: Date | null) => at?.toISOString() ?? null;

/** A connection as the API answers it. */
export function toConnection(view: AdminConnectionView): z.infer<typeof connectionSchema> {
  return {
    id: view.id,
    user: view.personId,
    person: personJson(view.person),
    provider: view.provider.id,
    account: view.account,
    status: view.status,
    status_reason: view.statusReason,
    provider_error: view.providerError,
    scope: view.scopes?.map(({ name }) => name).join(' ') ?? null,
    missing_scopes: view.missingScopes.map(({ name }) => name),
    expires_at: text(view.token?.expiresAt ?? null),
    refreshable: view.token?.refreshable ?? false,
    extras: view.extras,
    choices: view.choices.map(({ name, chosen }) => ({ name, chosen: chosen?.label ?? null })),
    missing: view.missing,
    created_at: view.createdAt.toISOString(),
    connected_at: view.connectedAt.toISOString(),
    last_used_at: text(view.lastUsedAt),
    last_refreshed_at: text(view.lastRefreshedAt),
    last_refresh_error: view.lastRefreshError,
    revoked_at: text(view.revokedAt),
    revocation: view.revocation && {
      state: view.revocation.state,
      attempts: view.revocation.attempts,
      finished_at: text(view.revocation.finishedAt),
      proof: view.revocation.proof.state,
      proved_at: text(view.revocation.proof.provedAt),
      honoured_until: text(view.revocation.proof.honouredUntil),
    },
  };
}

const middleware = [authenticate, noteRefusal];
const tags = ['Connections'];

const query = z.strictObject({
  user: personId.optional().openapi({ description: 'The id of a person.' }),
  issuer: z.string().optional().openapi({ description: 'The issuer that the person signs in with. Needs `subject`.' }),
  subject: z.string().optional().openapi({ description: 'The person’s subject at that issuer. Needs `issuer`.' }),
  email: z
    .string()
    .optional()
    .openapi({ description: 'The whole e-mail address of the person, in any case of letters.' }),
  application: z.string().optional().openapi({
    description: 'Of the people of this application. A key of an application has its own unless set.',
  }),
  application_user: z.string().optional().openapi({
    description:
      'Of the person whom the application knows by this id, and by the `tenant`. Without `tenant`: of the one who has none. Needs `application`, or a key of an application.',
  }),
  tenant: z.string().optional().openapi({
    description: 'Alone: of all people of this tenant. Needs `application`, or a key of an application.',
  }),
  provider: z.string().optional().openapi({ example: 'google', description: 'The id of a provider.' }),
  status: z.enum(displayStatuses).optional().openapi({ description: '`connected` includes `refresh_due`.' }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .openapi({ type: 'integer', minimum: 1, maximum: 100, default: 50 }),
  cursor: z.string().optional().openapi({ description: '`next_cursor` of the page before.' }),
});

const listRoute = createRoute({
  method: 'get',
  path: '/connections',
  operationId: 'listConnections',
  summary: 'List connections',
  description:
    'In pages, the newest first. The hub refuses an unknown or repeated parameter: a misspelt filter would find too much.',
  tags,
  security: needsScope('connections:read'),
  middleware,
  request: { query },
  responses: {
    200: {
      description: 'A page, the newest first.',
      content: {
        'application/json': {
          schema: z
            .object({ connections: z.array(connectionSchema), next_cursor: z.string().nullable() })
            .openapi('ConnectionPage'),
        },
      },
    },
    ...problems(
      'invalid_request',
      'invalid_api_key',
      'insufficient_scope',
      'ip_not_allowed',
      'frozen',
      'rate_limited',
      'unavailable',
    ),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/connections/{id}',
  operationId: 'getConnection',
  summary: 'Get a connection',
  description: 'One connection with its status. The answer never holds a token.',
  tags,
  security: needsScope('connections:read'),
  middleware,
  request: { params: connectionParams },
  responses: {
    200: { description: 'The connection.', content: { 'application/json': { schema: connectionSchema } } },
    ...problems(
      'invalid_request',
      'invalid_api_key',
      'insufficient_scope',
      'ip_not_allowed',
      'frozen',
      'rate_limited',
      'not_found',
      'unavailable',
    ),
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/connections/{id}',
  operationId: 'revokeConnection',
  summary: 'Revoke a connection',
  description:
    'Ends the connection here at once and for good, and at the provider as soon as it answers. A second call changes nothing.',
  tags,
  security: needsScope('connections:revoke'),
  middleware,
  request: { params: connectionParams },
  responses: {
    202: {
      description: 'Revoked here. The revocation at the provider is under way.',
      content: {
        'application/json': {
          schema: z.object({ id: z.string(), status: z.literal('revoked') }).openapi('Revoked'),
        },
      },
    },
    ...problems(
      'invalid_request',
      'invalid_api_key',
      'insufficient_scope',
      'ip_not_allowed',
      'frozen',
      'rate_limited',
      'not_found',
      'body_too_large',
      'unavailable',
    ),
  },
});

/** `GET /connections`, `GET /connections/{id}`, `DELETE /connections/{id}` */
export function registerConnections(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(listRoute, async (c) => {
    const { user, application_user: applicationUser, tenant, ...filters } = c.req.valid('query');
    const ofApplication = { applicationUser, applicationTenant: tenant };
    const page = await listConnections(c.var.ctx, { ...filters, ...ofApplication, personId: user });
    return c.json({ connections: page.items.map(toConnection), next_cursor: page.nextCursor }, 200);
  });
  app.openapi(getRoute, async (c) => {
    return c.json(toConnection(await getConnection(c.var.ctx, { id: c.req.valid('param').id })), 200);
  });
  app.openapi(deleteRoute, async (c) => {
    const { id } = await revokeConnection(c.var.ctx, { id: c.req.valid('param').id });
    return c.json({ id, status: 'revoked' as const }, 202);
  });
}
