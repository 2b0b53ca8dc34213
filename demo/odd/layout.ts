import type { Place } from '#demo/odd/oddity';

/** Which address is which endpoint. Addresses are templates with `{parts}` that the person is asked for. */
export interface Layout {
  /** Template of the issuer. */
  issuer: string;
  routes: readonly Route[];
}

export interface Route {
  place: Place;
  /** Template of an address at this server. */
  url: string;
  /** Which look-up of several. */
  index?: number;
}

/** The addresses of a server that keeps to the standards. */
export function standardLayout(origin: string): Layout {
  const paths: [Place, string][] = [
    ['metadata', '/.well-known/openid-configuration'],
    ['metadata', '/.well-known/oauth-authorization-server'],
    ['authorization', '/authorize'],
    ['pushed', '/par'],
    ['token', '/token'],
    ['revocation', '/revoke'],
    ['introspection', '/introspect'],
    ['userinfo', '/userinfo'],
    ['jwks', '/jwks'],
    ['identity', '/api/me'],
    ['emails', '/api/emails'],
    ['lookup', '/api/sites'],
    ['token', '/regions/{region}/token'],
  ];
  return { issuer: origin, routes: paths.map(([place, path]) => ({ place, url: origin + path })) };
}

/** Fills `{parts}`; a part without a value stays. */
export const fillParts = (template: string, parts: Readonly<Record<string, string>>): string =>
  template.replaceAll(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole);

/** The route of an address, and the parts that stand in it. */
export function routeOf(
  { routes }: Layout,
  url: URL,
): { place: Place; index: number; parts: Record<string, string> } | null {
  for (const { place, url: template, index = 0 } of routes) {
    const [path = ''] = template.slice(url.origin.length).split('?');
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => String(name));
    const pattern = path.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '([A-Za-z0-9._-]+)');
    const match = new RegExp(`^${pattern}${place === 'metadata' ? '/?' : ''}$`).exec(decodeURI(url.pathname));
    if (match) return { place, index, parts: Object.fromEntries(names.map((name, at) => [name, match[at + 1] ?? ''])) };
  }
  return null;
}
