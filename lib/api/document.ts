import type { OpenAPIHono } from '@hono/zod-openapi';
import { answerHeaders, headersOf } from '#lib/api/answer-headers';
import type { ApiDocument } from '#lib/api/document-shape';
import type { ApiEnvironment } from '#lib/api/environment';
import type { Config } from '#lib/config/config';

const about = {
  openapi: '3.1.0',
  info: {
    title: 'Grantkeep',
    version: '1',
    description:
      'Live access tokens for connected accounts. Every error is problem+json (RFC 9457); branch on its `code`. Times are RFC 3339.',
  },
  tags: [
    { name: 'Tokens', description: 'Getting a live access token.' },
    { name: 'Connections', description: 'Finding and revoking connections.' },
    { name: 'Applications', description: 'Applications with users of their own.' },
    { name: 'Connect sessions', description: 'Connecting accounts in an application of one’s own.' },
    { name: 'Webhooks', description: 'Where the hub tells of changes of connections and of alerts.' },
  ],
};

/** The descriptions of the routes, with the headers that every answer carries. */
export function documentOf(app: OpenAPIHono<ApiEnvironment>): ApiDocument {
  const document = JSON.parse(JSON.stringify(app.getOpenAPI31Document(about))) as ApiDocument;
  document.components.headers = answerHeaders;
  for (const operation of Object.values(document.paths).flatMap((item) => Object.values(item))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      const names = headersOf(status);
      response.headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
    }
  }
  return document;
}

/** The address of this hub: a document that was saved to a file names it still. */
const serversOf = ({ appUrl }: Pick<Config, 'appUrl'>) => [{ url: appUrl.origin, description: 'This hub' }];

/** Who runs this hub, where the operator says so. */
function contactOf({ organisation }: Pick<Config, 'organisation'>) {
  if (!organisation) return {};
  const { name, contact } = organisation;
  const reached = contact === undefined ? {} : contact.startsWith('https:') ? { url: contact } : { email: contact };
  return { contact: { name, ...reached } };
}

/** Serves the document at `GET /openapi.json`, to anybody: it tells nothing of this hub's data. */
export function registerDocument(app: OpenAPIHono<ApiEnvironment>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'gk_…',
    description: 'An API key. An administrator creates it in the hub, or `grantkeep api-key create`.',
  });
  let document: ApiDocument | undefined;
  app.get('/openapi.json', (c) => {
    document ??= documentOf(app);
    const { config } = c.var.ctx;
    const info = { ...document.info, ...contactOf(config) };
    return c.json({ ...document, info, servers: serversOf(config) });
  });
}
