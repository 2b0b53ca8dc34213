import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnvironment } from '#lib/api/environment';

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
  ],
};

/** Serves what the routes say of themselves at `GET /openapi.json`, to anybody: it tells nothing of this hub's data. */
export function registerDocument(app: OpenAPIHono<ApiEnvironment>): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'gk_…',
    description: 'An API key. An administrator creates it in the hub, or `grantkeep api-key create`.',
  });
  let document: object | undefined;
  app.get('/openapi.json', (c) => {
    document ??= app.getOpenAPI31Document(about);
    return c.json(document);
  });
}
