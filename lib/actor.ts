import type { ApiKeyScope } from '#lib/db/schema/api-keys';

export type Role = 'user' | 'auditor' | 'administrator';

/** On whose behalf something is done. */
export type Actor =
  | { type: 'anonymous' }
  | { type: 'person'; personId: string; role: Role; sessionId: string; name: string | null; email: string | null }
  | { type: 'api_key'; keyId: string; scopes: readonly ApiKeyScope[]; providers: readonly string[] | null }
  | { type: 'system'; name: string };

/** Who asks, from where, in which request: what the ledger keeps of every event. */
export interface Requester {
  actor: Actor;
  requestId: string;
  /** The client's address as `server.ts` saw it; null where only Next runs. */
  ip: string | null;
}
