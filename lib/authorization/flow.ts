import type { FlowIntent } from '#lib/db/schema/flows';
import type { TraceLink } from '#lib/flow-trace/trace';
import type { PinnedEndpoints } from '#lib/oauth/types';

/** How long a person may take at the provider, in seconds; and for how long the end of a flow is known afterwards. */
export const flowSeconds = 600;

/** `step_up`: somebody who is signed in proves once more who they are. */
export type { FlowIntent };

/**
 * The values that bind a flow to the browser that began it. Each of these has a fixed length: they travel in a cookie.
 */
export interface FlowBinding {
  state: string;
  nonce: string;
  /** RFC 7636 §4.1; null only for providers marked `dangerously_without_pkce`. */
  verifier: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** All else of a flow, as long as a provider, an operator or a person decides. It waits sealed in the database. */
export interface FlowDetails {
  provider: string;
  /** The issuer and the endpoints as they were at the start: the code goes to this token endpoint and no other. */
  pinned: PinnedEndpoints;
  /** The client of the code. Absent in what an earlier build began. */
  clientId?: string;
  scopes: string[];
  accountParams: Record<string, string>;
  intent: FlowIntent;
  connectionId: string | null;
  returnTo: string;
  /** Set where an administrator asked to be told each step. */
  trace?: TraceLink | null;
  /** The public id of the session it was begun in; null for a sign-in, and for a flow of a connect session. */
  sessionId: string | null;
  /** Set where an application began it for one of its people: the grant waits for the application then. */
  connectSession?: { id: string; personId: string } | null;
}

/** One flow, whole: everything that its callback must match. */
export type Flow = FlowBinding & FlowDetails;

/** Where the browser was sent when a flow ended, for the same browser that comes again. */
export type FlowOutcome =
  | {
      location: string;
      /** Of a sign-in: the session that the browser was given. */
      session?: { id: string; seconds: number };
    }
  /** A refusal that was shown where it stood, with its reference. */
  | { refused: string; message: string; reference: string };
