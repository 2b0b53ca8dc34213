import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from '#lib/process-parts';

/** The fixed words of the product's addresses. */
const words = () => once('route-words', () => new Set<string>());

/** Takes the fixed words of routes as `/connections/:id` or `/admin/people/[id]`. */
export function nameRoutes(routes: readonly string[]): void {
  for (const word of routes.flatMap((route) => route.split('/'))) if (/^[\w.-]+$/.test(word)) words().add(word);
}

/** Takes the routes of the build's pages; none while developing, where there is no such list. */
export function namePageRoutes(root: string): void {
  try {
    const manifest = JSON.parse(readFileSync(join(root, '.next/app-path-routes-manifest.json'), 'utf8')) as object;
    nameRoutes(Object.values(manifest).map(String));
  } catch {
    nameRoutes([]);
  }
}

/**
 * The route of a path: its fixed words, and `{}` for every other part. Whatever a caller writes into a path, a span shows
 * the product's own words alone.
 */
export function routeOf(path: string): string {
  const parts = path.split('/').slice(1, 8);
  return `/${parts.map((part) => (words().has(part) ? part : part === '' ? '' : '{}')).join('/')}`;
}
