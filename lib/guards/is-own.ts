import type { Actor } from '#lib/actor';
import { keyCoversProvider } from '#lib/guards/require-api-key';

/**
 * True where the actor is the person of a connection: signed in here, or on the page that their application opened for
 * them, which shows the providers of the application's key alone.
 */
export function isOwn(actor: Actor, personId: string | undefined, provider: string): boolean {
  if (actor.type === 'person') return actor.personId === personId;
  return actor.type === 'application_person' && actor.personId === personId && keyCoversProvider(actor, provider);
}
