import { and, eq, isNull, sql } from 'drizzle-orm';
import { z } from 'zod';
import { putPerson } from '#lib/applications/put-person';
import {
  connectSessionPage,
  connectSessionSeconds,
  deviceDonePage,
  devicePage,
  manageLink,
  newUserCode,
  userCodeHashOf,
} from '#lib/connect-sessions/link';
import { mayAskScopes, mayConnect } from '#lib/connect-sessions/may-ask';
import { type ApplicationKey, requireApplicationKey } from '#lib/connect-sessions/require-application-key';
import type { Context } from '#lib/context';
import type { Db } from '#lib/db/database';
import { applications } from '#lib/db/schema/applications';
import { connectSessions } from '#lib/db/schema/connect-sessions';
import { connections } from '#lib/db/schema/connections';
import { AppError } from '#lib/errors';
import { keyCoversProvider, requireApiKey } from '#lib/guards/require-api-key';
import { hashSecret, newId, newSecret } from '#lib/ids';
import { record } from '#lib/ledger/record';
import { parseInput } from '#lib/parse-input';
import { isOwnId, showsSomething } from '#lib/plain-text';
import { transactAs } from '#lib/sign-in/transact-as';

const text = z.string().min(1).max(200);
/** An id of the application's own, as it comes. Of a program without one, all users would be one person. */
const ownId = text.refine(isOwnId, 'must be one line of text, and an id');
/** One that shows nothing counts as none. */
const label = text
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'must be one line of text')
  .transform((name) => (showsSomething(name) ? name : null));

export const createConnectSessionInput = z
  .object({
    user: z.object({ id: ownId, tenant: ownId.nullish(), label: label.nullish() }),
    provider: z.string().max(64).nullish(),
    providers: z.array(z.string().max(64)).min(1).max(50).nullish(),
    connectionId: z.string().max(64).nullish(),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,300}$/, 'must be a scope (RFC 6749 §3.3)'))
      .min(1)
      .max(100)
      .nullish(),
    returnUrl: z.string().max(2000).nullish(),
    /** For a machine without a browser: the person types a code on another device. */
    device: z.boolean().default(false),
    /** Shows the person their connections at the application, to reconnect and disconnect them. */
    manage: z.boolean().default(false),
    /** The S256 challenge of a verifier that only the browser session has which begins it (RFC 7636 §4.2). */
    codeChallenge: z.string().regex(/^[\w-]{43}$/, 'must be the base64url of a SHA-256, 43 characters (RFC 7636 §4.2)'),
  })
  .refine(({ device, returnUrl }) => device === !returnUrl, {
    path: ['return_url'],
    message: 'Give a return address, or ask for a device',
  })
  .refine(
    ({ manage, device, provider, providers, connectionId, scopes }) =>
      !manage || !(device || provider || providers || connectionId || scopes),
    { path: ['manage'], message: 'The person chooses: give neither a provider, a connection, scopes nor a device' },
  )
  .refine(({ provider, providers }) => !provider || !providers, {
    path: ['providers'],
    message: 'Give provider or providers, not both',
  });
export type CreateConnectSessionInput = z.input<typeof createConnectSessionInput>;

const fault = (path: string, message: string) => new AppError('invalid_request', { issues: [{ path, message }] });

export interface NewConnectSession {
  id: string;
  /** The link, which nothing else has. */
  url: string;
  expiresAt: Date;
  /** Of a device: the code to type, and where. */
  device: { userCode: string; page: string } | null;
}

/** The provider of a live connection of that person. @throws AppError `not_found`, `revoked` */
async function providerOf(tx: Db, personId: string, id: string): Promise<string> {
  const [row] = await tx
    .select({ provider: connections.provider, status: connections.status })
    .from(connections)
    .where(and(eq(connections.personId, personId), eq(connections.id, id)));
  if (!row) throw new AppError('not_found');
  if (row.status === 'revoked') throw new AppError('revoked');
  return row.provider;
}

/** The providers that its person may choose from: the asked ones, else all that the application and its key may. */
function providersFor(
  ctx: Context,
  { key, allowed, asked }: { key: ApplicationKey; allowed: readonly string[] | null; asked: readonly string[] | null },
): string[] {
  const may = (id: string) =>
    ctx.providers.get(id)?.connect === true && mayConnect({ providers: allowed }, id) && keyCoversProvider(key, id);
  const wanted =
    asked ??
    ctx.providers
      .list()
      .map(({ id }) => id)
      .filter(may);
  const refused = wanted.find((id) => !may(id));
  if (refused !== undefined) throw new AppError('unknown_provider');
  return [...new Set(wanted)];
}

/**
 * A page of connections shows and ends them: a key that may do neither must not get both by a link.
 * @throws AppError `insufficient_scope`
 */
function requireManaging(ctx: Context): void {
  requireApiKey(ctx, 'connections:read');
  requireApiKey(ctx, 'connections:revoke');
}

/**
 * Begins a connect session for one of the application's people, whom it makes known by the application's ids. The link is
 * in this answer and nowhere else. It connects nothing by itself: the application completes it with the verifier.
 * @throws AppError `insufficient_scope`, `invalid_request`, `unknown_provider`, `not_found` and `revoked` of a connection to
 *   reconnect, `person_disabled`
 */
export async function createConnectSession(ctx: Context, input: CreateConnectSessionInput): Promise<NewConnectSession> {
  const key = requireApplicationKey(ctx);
  const { user, provider, providers, connectionId, scopes, device, manage, codeChallenge, ...given } = parseInput(
    createConnectSessionInput,
    input,
  );
  if (manage) requireManaging(ctx);
  const id = newId('cns');
  const token = newSecret();
  const userCode = device ? newUserCode() : null;
  const expiresAt = await transactAs(ctx, async (tx) => {
    const [application] = await tx
      .select({ returnUrls: applications.returnUrls, providers: applications.providers, scopes: applications.scopes })
      .from(applications)
      .where(and(eq(applications.id, key.applicationId), isNull(applications.disabledAt)));
    if (!application) throw new AppError('invalid_api_key');
    const returnUrl = device ? new URL(deviceDonePage, ctx.config.appUrl).href : (given.returnUrl ?? '');
    if (!device && !application.returnUrls.includes(returnUrl))
      throw fault('return_url', 'must be one of the application’s return addresses, letter by letter');
    const person = await putPerson(tx, key.applicationId, user);
    const own = connectionId ? await providerOf(tx, person.id, connectionId) : null;
    if (own && (provider ?? own) !== own) throw fault('provider', 'The connection is at another provider');
    const asked = own ? [own] : provider ? [provider] : (providers ?? null);
    const chosen = providersFor(ctx, { key, allowed: application.providers, asked });
    if (chosen.length === 0 && !manage) throw fault('providers', 'This application may connect to none');
    if (scopes && (chosen.length > 1 || !mayAskScopes(ctx, application, chosen[0] ?? '', scopes)))
      throw fault('scopes', 'must be scopes of one provider that the application may ask for');
    const [row] = await tx
      .insert(connectSessions)
      .values({
        id,
        applicationId: key.applicationId,
        personId: person.id,
        tokenHash: hashSecret(token),
        userCodeHash: userCode && userCodeHashOf(ctx, userCode),
        apiKeyId: key.keyId,
        providers: chosen,
        connectionId: connectionId ?? null,
        scopes: scopes ? [...new Set(scopes)] : null,
        returnUrl,
        codeChallenge,
        manage,
        expiresAt: sql`now() + make_interval(secs => ${connectSessionSeconds}::float8)`,
      })
      .returning({ expiresAt: connectSessions.expiresAt });
    if (!row) throw new AppError('internal');
    await record(tx, ctx, {
      action: 'connect_session.created',
      personId: person.id,
      connectionId: connectionId ?? null,
      provider: chosen.length === 1 ? (chosen[0] ?? null) : null,
      details: { connect_session: id, application: key.applicationId, device, manage },
    });
    return row.expiresAt;
  });
  const at = (path: string) => new URL(path, ctx.config.appUrl).href;
  return {
    id,
    url: at(manage ? manageLink(token) : connectSessionPage(token)),
    expiresAt,
    device: userCode ? { userCode, page: at(devicePage) } : null,
  };
}
