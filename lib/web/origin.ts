import type { Config } from '#lib/config/config';
import { AppError } from '#lib/errors';

/**
 * Refuses a state change that did not come from this hub's own pages: `Origin` must be ours exactly. Browsers send it
 * with every POST; `null` (a sandboxed frame, or `no-referrer`) counts as foreign, and so does a missing one unless
 * the browser itself says that the request is of the same origin (Fetch Metadata).
 * @throws AppError `wrong_origin`
 */
export function requireSameOrigin(config: Pick<Config, 'appUrl'>, headers: Headers): void {
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') throw new AppError('wrong_origin');
  const origin = headers.get('origin');
  if (origin === config.appUrl.origin || (origin === null && site === 'same-origin')) return;
  throw new AppError('wrong_origin');
}
