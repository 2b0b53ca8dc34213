import type { ApiKeyScope } from '#lib/db/schema/api-key-scopes';
import type { Role } from '#lib/db/schema/people';

export type { ApiKeyScope, Role };

/** The actor on behalf of which something is done. */
export type Actor =
  | { type: 'anonymous' }
  | { type: 'person'; personId: string; role: Role; sessionId: string; name: string | null; email: string | null }
  | {
      type: 'api_key';
      keyId: string;
      scopes: readonly ApiKeyScope[];
      providers: readonly string[] | null;
      /** The application that the key belongs to; null: it sees everybody. */
      applicationId: string | null;
    }
  | {
      /** A person of an application, in the browser that opened the page of their connections there. */
      type: 'application_person';
      personId: string;
      applicationId: string;
      /** The connect session of that page. */
      connectSession: string;
      /** The providers that its API key may see; null: every one. */
      providers: readonly string[] | null;
    }
  | { type: 'system'; name: string };

/** The id that names an actor: a person's, a key's, or the name of a part of our own; null where no actor is known. */
export function actorId(actor: Actor): string | null {
  switch (actor.type) {
    case 'person':
    case 'application_person':
      return actor.personId;
    case 'api_key':
      return actor.keyId;
    case 'system':
      return actor.name;
    case 'anonymous':
      return null;
  }
}

/** The requester, the address and the request: the ledger keeps these of every event. */
export interface Requester {
  actor: Actor;
  requestId: string;
  /** The client's address as `server.ts` saw it; null where only Next runs. */
  ip: string | null;
}
