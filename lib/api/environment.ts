import type { Call } from '#lib/api/call';
import type { Context } from '#lib/context';

/**
 * The values that Hono carries along: the context made from the request, with the API key as its actor once that is
 * checked.
 */
export interface ApiEnvironment {
  Variables: { ctx: Context; call: Call };
}

/** Makes the context of a request without a checked actor yet. */
export type GetContext = (request: Request) => Promise<Context>;
