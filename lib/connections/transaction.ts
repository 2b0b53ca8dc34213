import type { TraceLink } from '#lib/flow-trace/trace';
import type { PinnedEndpoints } from '#lib/oauth/types';

/** How long a person may take at the provider, in seconds. */
export const transactionSeconds = 600;

/** `step_up`: somebody who is signed in proves once more who they are. */
export type FlowIntent = 'sign_in' | 'step_up' | 'connect' | 'reconnect';

/** One flow, whole: everything that its callback must match, in one sealed record. */
export interface Transaction {
  state: string;
  nonce: string;
  /** RFC 7636 §4.1; null only for providers marked `dangerously_without_pkce`. */
  verifier: string | null;
  provider: string;
  /** The issuer and the endpoints as they were at the start: the code goes to this token endpoint and no other. */
  pinned: PinnedEndpoints;
  scopes: string[];
  accountParams: Record<string, string>;
  intent: FlowIntent;
  connectionId: string | null;
  returnTo: string;
  /** Set where an administrator asked to be told each step. */
  trace?: TraceLink | null;
  /** The public id of the session it was begun in; null for a sign-in. */
  sessionId: string | null;
  /** Milliseconds since 1970. */
  startedAt: number;
}
