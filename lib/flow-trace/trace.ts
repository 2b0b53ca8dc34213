import type { ShownField } from '#lib/flow-trace/mask';

/** One request of a flow and its answer, with nothing secret in them. */
export interface TraceStep {
  kind: 'authorization_request' | 'redirect' | 'call';
  /** Milliseconds since 1970. */
  at: number;
  method: string;
  /** Without its query. */
  url: string;
  /** How the request proved itself: the scheme of `Authorization`, and its length. */
  authorization: string | null;
  sent: ShownField[];
  /** Null for what the browser was sent to; a code where no answer came. */
  status: number | string | null;
  contentType: string | null;
  /** Null: neither JSON nor a form; then only its length is told. */
  received: ShownField[] | null;
  receivedLength: number | null;
}

/** What would mend it, or what to know about it. */
export interface TraceHint {
  text: string;
  recordLine: string | null;
}

/** The end of the second exchange of one code: what the server did, and what the hub did. */
export interface CodeTwice {
  result: 'passes' | 'fails' | 'unknown';
  server: string;
  hub: string;
}

export interface FlowTrace {
  provider: string;
  /** `begun`: the answer has not come. */
  state: 'begun' | 'connected' | 'refused';
  /** The error code where it was refused. */
  code: string | null;
  providerError: string | null;
  connectionId: string | null;
  /** The fate of the connection. */
  kept: 'kept' | 'revoked' | 'not_revoked' | null;
  understood: ShownField[];
  missing: string[];
  hints: TraceHint[];
  /** Where the code was shown twice; absent in every other trace. */
  codeTwice?: CodeTwice;
  steps: TraceStep[];
}

/** The part of a flow that belongs to its trace. */
export interface TraceLink {
  id: string;
  /** The fate of the connection that the flow makes. */
  afterwards: 'keep' | 'revoke';
  /** The code is shown once more, after the connection was revoked. */
  codeTwice?: boolean;
}

/** A trace in which nothing has happened yet. */
export const emptyTrace = (provider: string): FlowTrace => ({
  provider,
  state: 'begun',
  code: null,
  providerError: null,
  connectionId: null,
  kept: null,
  understood: [],
  missing: [],
  hints: [],
  steps: [],
});
