import type { Context } from '#lib/context';

/** What Hono carries along: the client's address, where `server.ts` is in front, and the context made from the request. */
export interface ApiEnvironment {
  Bindings: { ip?: string | null };
  Variables: { ctx: Context };
}

/** Makes the context of a request that nobody has vouched for yet. */
export type GetContext = (request: Request, ip: string | null) => Promise<Context>;
