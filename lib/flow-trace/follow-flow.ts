import type { Context } from '#lib/context';
import { knownScopes, shownFields } from '#lib/flow-trace/mask';
import { recordSteps } from '#lib/flow-trace/record-steps';
import { beginTrace, endTrace } from '#lib/flow-trace/store-trace';
import { suggest } from '#lib/flow-trace/suggest';
import { type CodeTwice, emptyTrace, type FlowTrace, type TraceLink } from '#lib/flow-trace/trace';
import { secretsOfHeaders } from '#lib/oauth/basic-credentials';
import type { ReceivedTokens, TokenSet } from '#lib/oauth/types';
import type { ProviderRecord } from '#lib/providers/record';

/** The parts of a flow that its trace needs: where it went, and its secrets. */
export interface FollowedFlow {
  provider: string;
  state: string;
  nonce: string;
  verifier: string | null;
  /** The authorization request as the browser was sent with it; null where only its end is followed. */
  location: URL | null;
}

const clientSecrets = (record: ProviderRecord | undefined) => [
  record?.client_secret?.reveal(),
  record?.client_secret_previous?.reveal(),
  record?.client_private_key?.reveal(),
  ...(record ? secretsOfHeaders(record) : []),
];

const secretsOf = (flow: FollowedFlow, record: ProviderRecord | undefined) => [
  flow.state,
  flow.nonce,
  flow.verifier,
  ...clientSecrets(record),
];

/** Keeps the authorization request of a flow that is to be told. @throws AppError `unauthenticated`, `forbidden` */
export async function followFlow(ctx: Context, flow: FollowedFlow): Promise<string> {
  const recorder = recordSteps(ctx.fetch, ctx.now);
  if (flow.location) recorder.browser('authorization_request', flow.location, ctx.now().getTime());
  const record = ctx.providers.get(flow.provider);
  const steps = recorder.shown(secretsOf(flow, record), knownScopes(record));
  return beginTrace(ctx, { ...emptyTrace(flow.provider), steps });
}

/** How a followed flow ended. */
export interface FlowEnd {
  tokens?: TokenSet | undefined;
  /** All tokens that came, also the refused ones. */
  received?: readonly ReceivedTokens[];
  identity?: { issuer: string; subject: string; label: string | null; missing: readonly string[] } | undefined;
  missingScopes?: readonly string[];
  connectionId?: string;
  kept?: FlowTrace['kept'];
  codeTwice?: CodeTwice | undefined;
  code?: string;
  providerError?: string | null;
}

/** Follows the second half of a flow. */
export interface Follower {
  /** The context for the calls that are to be told. */
  ctx: Context;
  /** Writes the trace. It never throws: the flow is done, whatever becomes of its trace. */
  end(end: FlowEnd): Promise<void>;
}

function understoodOf({ tokens, identity, missingScopes = [] }: FlowEnd): [string, unknown][] {
  return [
    ...(tokens
      ? ([
          // A name with `token` at its end would mask the value.
          ['received', `access token, ${tokens.refresh_token === null ? 'no refresh token' : 'refresh token'}`],
          ['type', tokens.token_type],
          ['life in seconds', tokens.expires_in ?? 'not said'],
          ['scopes', tokens.scopes === null ? 'not said' : tokens.scopes.join(' ')],
          ['scopes that are missing', missingScopes.join(' ') || 'none'],
          ['fields kept', Object.keys(tokens.extras).join(', ') || 'none'],
        ] as [string, unknown][])
      : []),
    ...(identity
      ? ([
          ['issuer', identity.issuer],
          ['account', identity.subject],
          ['label', identity.label],
        ] as [string, unknown][])
      : []),
  ];
}

/**
 * Follows a flow from its redirect on.
 * @param begun the trace as `followFlow` left it
 */
export function followEnd(
  ctx: Context,
  link: TraceLink,
  flow: FollowedFlow & { tokenEndpoint: string; scopes: readonly string[] },
  { redirect, begun }: { redirect: URL; begun: FlowTrace | null },
): Follower {
  const record = ctx.providers.get(flow.provider);
  const recorder = recordSteps(ctx.fetch, ctx.now);
  recorder.browser('redirect', redirect, ctx.now().getTime());
  const write = async (end: FlowEnd) => {
    const codes = record ? redirect.searchParams.getAll(record.code_field) : [];
    const known = [
      ...secretsOf(flow, record),
      ...codes,
      ...(end.received ?? []).flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
      end.tokens?.access_token,
      end.tokens?.refresh_token,
    ];
    const secrets = recorder.secrets(known);
    const scopes = knownScopes(record);
    const endpoint = new URL(flow.tokenEndpoint);
    const hints = record
      ? suggest(
          record,
          {
            answers: recorder.answers(),
            tokenEndpoint: `${endpoint.origin}${endpoint.pathname}`,
            redirect: redirect.searchParams,
            code: end.code ?? null,
            expiresIn: end.tokens?.expires_in ?? end.received?.[0]?.expiresIn ?? null,
            scopes: end.tokens?.scopes ?? null,
            missing: end.identity?.missing ?? [],
          },
          secrets,
        )
      : [];
    await endTrace(ctx, link.id, {
      ...emptyTrace(flow.provider),
      state: end.code === undefined ? 'connected' : 'refused',
      code: end.code ?? null,
      providerError: end.providerError ?? null,
      connectionId: end.connectionId ?? null,
      kept: end.kept ?? null,
      ...(end.codeTwice ? { codeTwice: end.codeTwice } : {}),
      understood: shownFields(understoodOf(end), secrets, scopes),
      missing: [...(end.missingScopes ?? []), ...(end.identity?.missing ?? [])].slice(0, 50),
      hints,
      steps: [...(begun?.steps ?? []), ...recorder.shown(known, scopes)],
    });
  };
  return {
    ctx: { ...ctx, fetch: recorder.fetch },
    async end(end) {
      try {
        await write(end);
      } catch (error) {
        ctx.log.error({ event: 'flow_trace_failed', request_id: ctx.requestId, err: error });
      }
    },
  };
}
