import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { authenticate, noteRefusal } from '#lib/api/authenticate';
import type { ApiEnvironment } from '#lib/api/environment';
import { idParams, instantText, json, needsScope, refusals } from '#lib/api/schemas';
import { createWebhook } from '#lib/webhooks/create';
import { getWebhook, listWebhooks } from '#lib/webhooks/list';
import { removeWebhook } from '#lib/webhooks/remove';
import { requireWebhookManager } from '#lib/webhooks/require-manager';
import { rotateWebhookSecret } from '#lib/webhooks/rotate-secret';
import { testWebhook } from '#lib/webhooks/send-test';
import { setWebhookEnabled } from '#lib/webhooks/set-enabled';
import { type WebhookView, webhookTypes } from '#lib/webhooks/views';

const exampleId = 'whk_7w3k9v0q2m5x8r1t';
const exampleSecret = 'whsec_…';

const webhookSchema = z
  .object({
    id: z.string().openapi({ example: exampleId }),
    name: z.string().openapi({ example: 'billing' }),
    url: z.string().openapi({ example: 'https://hooks.example.com/in' }),
    types: z.array(z.enum(webhookTypes)).nullable().openapi({ description: 'Null: every type, also later ones.' }),
    enabled: z.boolean(),
    disabled_reason: z.enum(['by_hand', 'gone']).nullable().openapi({
      example: null,
      description: '`gone`: the receiver answered 410.',
    }),
    previous_secret_until: instantText.nullable().openapi({
      example: null,
      description: 'Until then messages carry a signature by the secret before the rotation, too.',
    }),
    pending: z.int().openapi({ description: 'Messages on their way; 1,000 at most are counted.' }),
    failed: z.int().openapi({ description: 'Messages that the hub gave up; 1,000 at most are counted.' }),
    last_delivered_at: instantText.nullable(),
    created_at: instantText,
  })
  .openapi('Webhook');

const secretSchema = z.string().openapi({
  example: exampleSecret,
  description: 'The signing secret. It is in this answer and in no other.',
});

/** A webhook as the API answers it. */
export function toWebhook(view: WebhookView): z.infer<typeof webhookSchema> {
  return {
    id: view.id,
    name: view.name,
    url: view.url,
    types: view.types,
    enabled: view.disabledAt === null,
    disabled_reason: view.disabledReason,
    previous_secret_until: view.previousUntil?.toISOString() ?? null,
    pending: view.pending,
    failed: view.failed,
    last_delivered_at: view.lastDeliveredAt?.toISOString() ?? null,
    created_at: view.createdAt.toISOString(),
  };
}

const params = idParams(exampleId);

/** Before the body is looked at: a key without the scope learns nothing of it. */
const managersOnly = createMiddleware<ApiEnvironment>(async (c, next) => {
  requireWebhookManager(c.var.ctx);
  await next();
});

const common = {
  tags: ['Webhooks'],
  security: needsScope('webhooks:manage'),
  middleware: [authenticate, noteRefusal, managersOnly],
};

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: '/webhooks',
  operationId: 'listWebhooks',
  summary: 'List webhooks',
  description: 'All of them, the oldest first; there are 20 at most.',
  responses: {
    200: {
      description: 'The webhooks.',
      content: json(z.object({ webhooks: z.array(webhookSchema) }).openapi('Webhooks')),
    },
    ...refusals(),
  },
});

const createdSchema = webhookSchema.extend({ secret: secretSchema }).openapi('NewWebhook');

const createWebhookRoute = createRoute({
  ...common,
  method: 'post',
  path: '/webhooks',
  operationId: 'createWebhook',
  summary: 'Add a webhook',
  description:
    'The address is a public https: host, or one that the operator allows by WEBHOOK_INTERNAL_HOSTS. There can be 20 webhooks.',
  request: {
    body: {
      required: true,
      content: json(
        z
          .strictObject({
            name: z.string().trim().min(1).max(100).openapi({ example: 'billing' }),
            url: z.string().max(500).openapi({ example: 'https://hooks.example.com/in' }),
            types: z
              .array(z.enum(webhookTypes))
              .nullish()
              .openapi({ example: ['connection.created'], description: 'Absent or empty: every type.' }),
          })
          .openapi('WebhookRequest'),
      ),
    },
  },
  responses: {
    201: { description: 'It is told of what happens from now on.', content: json(createdSchema) },
    ...refusals('invalid_request', 'conflict', 'body_too_large'),
  },
});

const changeRoute = createRoute({
  ...common,
  method: 'patch',
  path: '/webhooks/{id}',
  operationId: 'changeWebhook',
  summary: 'Switch a webhook off or on',
  description: 'Messages on their way to a webhook that is switched off are dropped.',
  request: {
    params,
    body: { required: true, content: json(z.strictObject({ enabled: z.boolean() }).openapi('WebhookChange')) },
  },
  responses: {
    200: { description: 'The webhook.', content: json(webhookSchema) },
    ...refusals('invalid_request', 'not_found', 'body_too_large'),
  },
});

const removeRoute = createRoute({
  ...common,
  method: 'delete',
  path: '/webhooks/{id}',
  operationId: 'removeWebhook',
  summary: 'Remove a webhook',
  description: 'Its delivery log goes with it.',
  request: { params },
  responses: { 204: { description: 'Removed.' }, ...refusals('invalid_request', 'not_found', 'body_too_large') },
});

const rotateRoute = createRoute({
  ...common,
  method: 'post',
  path: '/webhooks/{id}/secret',
  operationId: 'rotateWebhookSecret',
  summary: 'Rotate the signing secret',
  description: 'For a day messages carry a signature by each of the two secrets.',
  request: { params },
  responses: {
    200: {
      description: 'The new secret.',
      content: json(z.object({ secret: secretSchema, previous_secret_until: instantText }).openapi('WebhookSecret')),
    },
    ...refusals('invalid_request', 'not_found', 'conflict', 'body_too_large'),
  },
});

const testRoute = createRoute({
  ...common,
  method: 'post',
  path: '/webhooks/{id}/test',
  operationId: 'testWebhook',
  summary: 'Send a test',
  description: 'Sends a message of the type `webhook.test` once and at once, also to a webhook that is off.',
  request: { params },
  responses: {
    200: {
      description: 'The answer of the receiver, whichever it is.',
      content: json(
        z
          .object({
            status: z.int().nullable().openapi({ example: 204, description: 'Null where no answer came.' }),
            code: z.string().nullable().openapi({ example: null, description: 'The reason why none came.' }),
            duration_ms: z.int(),
          })
          .openapi('WebhookTest'),
      ),
    },
    ...refusals('invalid_request', 'not_found', 'body_too_large'),
  },
});

/** `/webhooks` and the operations on one of them. */
export function registerWebhooks(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(listRoute, async (c) => c.json({ webhooks: (await listWebhooks(c.var.ctx)).map(toWebhook) }, 200));
  app.openapi(createWebhookRoute, async (c) => {
    const { id, secret } = await createWebhook(c.var.ctx, c.req.valid('json'));
    return c.json({ ...toWebhook(await getWebhook(c.var.ctx, id)), secret }, 201);
  });
  app.openapi(changeRoute, async (c) => {
    const { id } = c.req.valid('param');
    await setWebhookEnabled(c.var.ctx, { id, ...c.req.valid('json') });
    return c.json(toWebhook(await getWebhook(c.var.ctx, id)), 200);
  });
  app.openapi(removeRoute, async (c) => {
    await removeWebhook(c.var.ctx, c.req.valid('param'));
    return c.body(null, 204);
  });
  app.openapi(rotateRoute, async (c) => {
    const { secret, previousUntil } = await rotateWebhookSecret(c.var.ctx, c.req.valid('param'));
    return c.json({ secret, previous_secret_until: previousUntil.toISOString() }, 200);
  });
  app.openapi(testRoute, async (c) => {
    const { status, code, durationMs } = await testWebhook(c.var.ctx, c.req.valid('param'));
    return c.json({ status, code, duration_ms: durationMs }, 200);
  });
}
