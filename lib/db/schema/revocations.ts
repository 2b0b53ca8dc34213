import { sql } from 'drizzle-orm';
import { check, foreignKey, index, integer, jsonb, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from '#lib/db/schema/columns';
import { connections } from '#lib/db/schema/connections';

export const revocationStates = ['pending', 'revoked_upstream', 'unsupported', 'failed'] as const;
export type RevocationState = (typeof revocationStates)[number];

export const proofStates = ['none', 'due', 'proved', 'still_accepted', 'not_provable'] as const;
/**
 * Whether an old token was seen to be dead: `none` before the provider was told, `due` while it is tried again,
 * `not_provable` where no harmless call can tell.
 */
export type ProofState = (typeof proofStates)[number];

/** The answer of a harmless call about one token. Moments are ISO 8601. */
export interface TokenEvidence {
  token: 'access_token' | 'refresh_token';
  /** Which one (`fingerprintOf`). Absent where it was not tried, and in rows of earlier builds. */
  fingerprint?: string;
  /** The call that tried it; null where it was not tried. */
  by: 'userinfo' | 'introspection' | null;
  /** Before the provider was told; null where it was not tried then. */
  before: 'accepted' | 'refused' | 'unknown' | null;
  /** Afterwards; `expired` where it had ended by itself by then, which proves nothing. */
  after: 'accepted' | 'refused' | 'unknown' | 'expired' | null;
  /** When `after` was found. */
  at: string | null;
}

/** The state of the tokens of a revoked grant. Never a token. */
export interface Evidence {
  tokens: TokenEvidence[];
  /** Whether the access token reads as a self-contained one (a JWT), which services may check without asking anybody. */
  selfContained: boolean;
}

/** The answer's origin: a flow's intent, or `refresh`. */
export const refusedIntents = ['connect', 'reconnect', 'sign_in', 'step_up', 'refresh'] as const;
export type RefusedIntent = (typeof refusedIntents)[number];

/** An answer with tokens that the hub received and did not keep as a connection. Never a token. */
export interface RefusedGrant {
  intent: RefusedIntent;
  /** Why it was refused: a code of the ledger. */
  code: string;
  /** Under which issuer the provider's identities are recorded. */
  issuer: string;
  /** The account; null where it is not known. */
  subject: string | null;
  extras: Record<string, string | number | boolean>;
  /** Of a refresh: its connection was revoked, replaced by a reconnect or is gone, so that none lives by this grant. */
  ended?: boolean;
  /** An administrator wants it revoked although other connections may end with it. */
  evenOthers?: boolean;
}

/**
 * Work at the provider: for a connection that is revoked here already, for a grant that a reconnect replaced, or for
 * one that was refused after the provider had issued its tokens.
 */
export const revocations = pgTable(
  'revocations',
  {
    /** Empty where no person is known: a refused sign-in. */
    personId: text().notNull(),
    /** Of a refused grant, which has no connection: an id of its own (`rfg_`). */
    connectionId: text().notNull(),
    /** 0: the connection itself. Above: the generation of the grant that a reconnect replaced. -1: a refused grant. */
    replacedGeneration: integer().notNull().default(0),
    /** The connection's, so that each provider's are worked off side by side. */
    provider: text().notNull(),
    state: text({ enum: revocationStates }).notNull().default('pending'),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant().notNull().defaultNow(),
    lastErrorCode: text(),
    requestedBy: text().notNull(),
    createdAt: instant().notNull().defaultNow(),
    finishedAt: instant(),
    /** Of a replaced or refused grant: sealed for this row, erased when all is over. */
    accessToken: text(),
    refreshToken: text(),
    accountParams: jsonb().$type<Record<string, string>>(),
    proof: text({ enum: proofStates }).notNull().default('none'),
    proofAttempts: integer().notNull().default(0),
    evidence: jsonb().$type<Evidence>(),
    /** When a token that was accepted before was refused for the first time. */
    provedAt: instant(),
    /** Until then a service that does not ask the provider may honour the access token. Null: no longer, or unknown. */
    honouredUntil: instant(),
    refused: jsonb().$type<RefusedGrant>(),
    /** The connection, for the foreign key; null of a refused grant. */
    heldBy: text().generatedAlwaysAs(sql`case when replaced_generation >= 0 then connection_id end`),
    /** When an administrator had the tokens erased that could not be revoked. */
    letGoAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.personId, t.connectionId, t.replacedGeneration] }),
    foreignKey({
      columns: [t.personId, t.heldBy],
      foreignColumns: [connections.personId, connections.id],
    }).onDelete('cascade'),
    // Due revocations, a provider at a time.
    index('revocations_due').on(t.provider, t.nextAttemptAt).where(sql`${t.state} = 'pending' or ${t.proof} = 'due'`),
    // Few rows: revocations that were given up, or that came to nothing.
    index('revocations_unfinished').on(t.finishedAt).where(sql`${t.state} = 'failed' or ${t.proof} = 'still_accepted'`),
    check('revocations_state', sql`${t.state} in ('pending', 'revoked_upstream', 'unsupported', 'failed')`),
    check('revocations_proof', sql`${t.proof} in ('none', 'due', 'proved', 'still_accepted', 'not_provable')`),
    check('revocations_refused', sql`(${t.replacedGeneration} = -1) = (${t.refused} is not null)`),
    check('revocations_proved', sql`(${t.proof} = 'proved') = (${t.provedAt} is not null)`),
  ],
);
