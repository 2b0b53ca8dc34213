import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { authenticate, noteRefusal } from '#lib/api/authenticate';
import type { ApiEnvironment } from '#lib/api/environment';
import { exampleApplicationId, idParams, instantText, json, needsScope, refusals } from '#lib/api/schemas';
import { changeApplication } from '#lib/applications/change';
import { createApplication } from '#lib/applications/create';
import { disableApplication } from '#lib/applications/disable';
import { getApplication } from '#lib/applications/get';
import { listApplications } from '#lib/applications/list';
import { requireApplicationManager } from '#lib/applications/require-manager';
import type { ApplicationView } from '#lib/applications/views';

const exampleReturnUrl = 'https://planner.example.com/connected';

/** What an administrator says about an application; the rules of each field are those of the page. */
const fields = {
  name: z.string().openapi({ example: 'Planner', description: 'People read it where they are asked for an account.' }),
  contact: z.string().openapi({ example: 'ops@planner.example.com', description: 'An e-mail or an https: address.' }),
  return_urls: z.array(z.string()).openapi({
    example: [exampleReturnUrl],
    description: 'The addresses that people may be led back to, 1 to 20, each compared as a whole.',
  }),
  providers: z
    .array(z.string())
    .nullable()
    .openapi({
      example: ['google', 'github'],
      description: 'The only providers that it may use. Null: every one.',
    }),
  scopes: z.record(z.string(), z.array(z.string())).openapi({
    example: { google: ['openid', 'email'] },
    description: 'By provider what it may ask for. A provider that is absent has the scopes of its record.',
  }),
};

const applicationSchema = z
  .object({
    id: z.string().openapi({ example: exampleApplicationId }),
    ...fields,
    status: z.enum(['active', 'disabled']),
    has_logo: z.boolean(),
    colours: z
      .object({ light: z.string(), dark: z.string() })
      .nullable()
      .openapi({
        example: { light: '#0f5b66', dark: '#7fd4e0' },
        description: 'An administrator sets them, and the logo, on its page. Null: the hub’s own.',
      }),
    keys: z.int().openapi({ description: 'API keys of it that are neither revoked nor expired.' }),
    people: z.int().openapi({ description: 'Its people, without deleted ones.' }),
    connections: z.int().openapi({ description: 'Connections of its people that are not revoked.' }),
    created_at: instantText,
    disabled_at: instantText.nullable().openapi({ example: null }),
  })
  .openapi('Application');

/** An application as the API answers it. */
function toApplication(view: ApplicationView): z.infer<typeof applicationSchema> {
  const { id, name, contact, providers, scopes, status, colours, keys, people, connections } = view;
  return {
    ...{ id, name, contact, return_urls: view.returnUrls, providers, scopes, status, colours },
    ...{ has_logo: view.hasLogo, keys, people, connections },
    created_at: view.createdAt.toISOString(),
    disabled_at: view.disabledAt?.toISOString() ?? null,
  };
}

const params = idParams(exampleApplicationId);

/** Before the body is looked at: a key without the scope, or of an application, learns nothing of it. */
const managersOnly = createMiddleware<ApiEnvironment>(async (c, next) => {
  requireApplicationManager(c.var.ctx);
  await next();
});

const common = {
  tags: ['Applications'],
  security: needsScope('applications:manage'),
  middleware: [authenticate, noteRefusal, managersOnly],
};

const listRoute = createRoute({
  ...common,
  method: 'get',
  path: '/applications',
  operationId: 'listApplications',
  summary: 'List applications',
  description: 'In pages, the newest first.',
  request: {
    query: z.object({
      status: z.enum(['active', 'disabled']).optional(),
      query: z.string().max(200).optional().openapi({ description: 'Part of a name, or a whole id.' }),
      cursor: z.string().max(500).optional().openapi({ description: '`next_cursor` of the page before.' }),
      limit: z.coerce.number().int().min(1).max(100).default(50),
    }),
  },
  responses: {
    200: {
      description: 'A page.',
      content: json(
        z
          .object({ applications: z.array(applicationSchema), next_cursor: z.string().nullable() })
          .openapi('ApplicationPage'),
      ),
    },
    ...refusals('invalid_request'),
  },
});

const registerRoute = createRoute({
  ...common,
  method: 'post',
  path: '/applications',
  operationId: 'createApplication',
  summary: 'Register an application',
  description: 'Its API keys are made by an administrator or on the command line: no API key makes another.',
  request: {
    body: {
      required: true,
      content: json(
        z
          .strictObject({
            ...{ name: fields.name, contact: fields.contact, return_urls: fields.return_urls },
            providers: z.array(z.string()).nullish(),
            scopes: z.record(z.string(), z.array(z.string())).optional(),
          })
          .openapi('ApplicationRequest'),
      ),
    },
  },
  responses: {
    201: { description: 'The application.', content: json(applicationSchema) },
    ...refusals('invalid_request', 'body_too_large'),
  },
});

const getRoute = createRoute({
  ...common,
  method: 'get',
  path: '/applications/{id}',
  operationId: 'getApplication',
  summary: 'Get an application',
  description: 'One application, with the counts of its keys, people and connections.',
  request: { params },
  responses: {
    200: { description: 'The application.', content: json(applicationSchema) },
    ...refusals('invalid_request', 'not_found'),
  },
});

const changeRoute = createRoute({
  ...common,
  method: 'patch',
  path: '/applications/{id}',
  operationId: 'changeApplication',
  summary: 'Change an application',
  description: 'A field that is absent stays. A change counts from the application’s next call on.',
  request: {
    params,
    body: { required: true, content: json(z.strictObject(fields).partial().openapi('ApplicationChange')) },
  },
  responses: {
    200: { description: 'The application.', content: json(applicationSchema) },
    ...refusals('invalid_request', 'not_found', 'body_too_large'),
  },
});

const disableRoute = createRoute({
  ...common,
  method: 'post',
  path: '/applications/{id}/disable',
  operationId: 'disableApplication',
  summary: 'Disable an application',
  description:
    'From the next call on its API keys are of no use. Its connections stay. A second call changes nothing. An administrator enables it again; no API key can.',
  request: {
    params,
    body: {
      required: true,
      content: json(
        z
          .strictObject({ reason: z.string().openapi({ example: 'The service is retired' }) })
          .openapi('ApplicationDisabling'),
      ),
    },
  },
  responses: {
    200: { description: 'The application.', content: json(applicationSchema) },
    ...refusals('invalid_request', 'not_found', 'body_too_large'),
  },
});

/** `/applications` and the operations on one of them. */
export function registerApplications(app: OpenAPIHono<ApiEnvironment>): void {
  app.openapi(listRoute, async (c) => {
    const { items, nextCursor } = await listApplications(c.var.ctx, c.req.valid('query'));
    return c.json({ applications: items.map(toApplication), next_cursor: nextCursor }, 200);
  });
  app.openapi(registerRoute, async (c) => {
    const { return_urls: returnUrls, ...given } = c.req.valid('json');
    const asked = { ...given, returnUrls, providers: given.providers ?? null };
    return c.json(toApplication(await createApplication(c.var.ctx, asked)), 201);
  });
  app.openapi(getRoute, async (c) => c.json(toApplication(await getApplication(c.var.ctx, c.req.valid('param'))), 200));
  app.openapi(changeRoute, async (c) => {
    const { return_urls: returnUrls, ...given } = c.req.valid('json');
    const change = { ...c.req.valid('param'), ...given, ...(returnUrls ? { returnUrls } : {}) };
    return c.json(toApplication(await changeApplication(c.var.ctx, change)), 200);
  });
  app.openapi(disableRoute, async (c) => {
    const view = await disableApplication(c.var.ctx, { ...c.req.valid('param'), ...c.req.valid('json') });
    return c.json(toApplication(view), 200);
  });
}
