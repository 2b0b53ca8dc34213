import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { authenticate, noteRefusal } from '#lib/api/authenticate';
import { applicationPerson, hubPerson } from '#lib/api/connections';
import type { ApiEnvironment } from '#lib/api/environment';
import { exampleConnectionId, instantText, json, needsScope, personId, refusals } from '#lib/api/schemas';
import { listEvents } from '#lib/webhooks/list-events';
import { connectionTypes } from '#lib/webhooks/views';

const eventSchema = z
  .object({
    id: z.string().openapi({ example: 'msg_4711', description: 'The `webhook-id` of the message.' }),
    body: z
      .object({
        type: z.enum(connectionTypes),
        timestamp: instantText,
        data: z.object({
          connection_id: z.string().openapi({ example: exampleConnectionId }),
          provider: z.string().optional().openapi({ example: 'google' }),
          reason: z.string().optional().openapi({ example: 'invalid_grant' }),
          person_id: personId.optional(),
          person: z.union([applicationPerson, hubPerson]).optional(),
        }),
      })
      .openapi({ description: 'The message as a webhook carries it.' }),
  })
  .openapi('HubEvent');

const listRoute = createRoute({
  method: 'get',
  path: '/events',
  operationId: 'listEvents',
  summary: 'Read on in the events',
  description:
    'The messages about connections that webhooks carry, of the connections that the key may see. Without `since` it answers none, and `next` for the first request. Some come twice: take each `id` once. Ask again after a second, or at once where `has_more` is true.',
  tags: ['Webhooks'],
  security: needsScope('connections:read'),
  middleware: [authenticate, noteRefusal],
  request: {
    query: z.strictObject({
      since: z.string().max(300).optional().openapi({ description: '`next` of the answer before.' }),
    }),
  },
  responses: {
    200: {
      description: 'In the order of the events, 500 at most.',
      content: json(
        z.object({ events: z.array(eventSchema), next: z.string(), has_more: z.boolean() }).openapi('Events'),
      ),
    },
    ...refusals('invalid_request'),
  },
});

/** `GET /events` */
export function registerEvents(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(listRoute, async (c) => {
    const { events, next, hasMore } = await listEvents(c.var.ctx, c.req.valid('query'));
    return c.json({ events, next, has_more: hasMore }, 200);
  });
}
