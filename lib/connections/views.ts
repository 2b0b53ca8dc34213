import type { Authorization } from '#lib/db/schema/connections';
import type { ProofState, RevocationState, TokenEvidence } from '#lib/db/schema/revocations';

/** The state of a connection, as a person or a service sees it. */
export type DisplayStatus = 'connected' | 'refresh_due' | 'needs_reconnect' | 'frozen' | 'revoked';

/** A scope by its exact name, and what it allows in plain words where the provider record knows them. */
export interface ScopeView {
  name: string;
  description: string | null;
}

/** The evidence of trying the old tokens. */
export interface ProofView {
  state: ProofState;
  provedAt: Date | null;
  tokens: TokenEvidence[];
  /** The access token reads as a self-contained one, which services may take without asking the provider. */
  selfContained: boolean;
  /** Until then such a service may honour the access token; null: no longer, or not known. */
  honouredUntil: Date | null;
}

/** The state of the revocation at the provider. */
export interface RevocationView {
  state: RevocationState;
  attempts: number;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
  lastErrorCode: string | null;
  /** The provider's page where the person can do it, for providers that cannot be told. */
  manualUrl: string | null;
  proof: ProofView;
}

/** A list that the provider answered, of which the person chooses an entry. */
export interface ChoiceView {
  /** The kind of the entries: `site`. */
  name: string;
  /** Null: the person has not chosen yet. */
  chosen: { key: string; label: string } | null;
  /** In a list of connections, only the chosen one. */
  entries: { key: string; label: string }[];
}

/** A connection as pages and the API show it: never a token, sealed or open. */
export interface ConnectionView {
  id: string;
  personId: string;
  provider: { id: string; name: string; preset: string };
  /** The account at the provider. `label` is what a person recognises it by (an e-mail, a login). */
  account: { issuer: string; subject: string; label: string };
  status: DisplayStatus;
  /** A stable code such as `invalid_grant`, where the status needs explaining. */
  statusReason: string | null;
  /** The provider's own code of the refusal with which it ended. */
  providerError: string | null;
  /** Null: the provider does not say what it granted. */
  scopes: ScopeView[] | null;
  /** Asked for but not granted. */
  missingScopes: ScopeView[];
  token: { issuedAt: Date | null; expiresAt: Date | null; refreshable: boolean; refreshExpiresAt: Date | null } | null;
  extras: Record<string, string | number | boolean>;
  /** Whether the person has named it; null where its provider does. */
  named: boolean | null;
  choices: ChoiceView[];
  /** The details that were not found: `account.label`, `extras.…`. */
  missing: string[];
  /** When that is looked for next; null: no more. */
  looksAgainAt: Date | null;
  accountParams: Record<string, string>;
  authorization: Authorization;
  lastUsedAt: Date | null;
  /** The API key that last read the token. */
  lastUsedBy: { id: string; name: string } | null;
  lastRefreshedAt: Date | null;
  lastRefreshError: string | null;
  createdAt: Date;
  connectedAt: Date;
  revokedAt: Date | null;
  /** A freeze stands over it: nothing is vended, refreshed or connected. */
  frozen: boolean;
  /** Its status without the freeze; null where none stands, or where it is revoked. */
  beneath: Exclude<DisplayStatus, 'frozen'> | null;
  revocation: RevocationView | null;
}

/** A part of the provider's address that the person is asked for before connecting. */
export interface AccountParamView {
  name: string;
  label: string;
  /** Anchored regular expression, usable as an input's `pattern`. */
  pattern: string;
  example: string;
}

/** A provider as the connections page shows it, with the person's accounts there. */
export interface ProviderCardView {
  provider: { id: string; name: string; preset: string };
  /** The scopes that will be asked for. */
  scopes: ScopeView[];
  accountParams: AccountParamView[];
  /** False: marked `dangerously_without_pkce`. */
  pkce: boolean;
  /** False: the operator took the provider out; its connections can only be ended. */
  configured: boolean;
  /** A freeze stands over it, over the person or over everything: nothing can be connected. */
  paused: boolean;
  /** The person's accounts there that are not revoked, and with the revoked ones that are still shown. */
  live: number;
  listed: number;
  /** Those of this page, the newest first. */
  connections: ConnectionView[];
}

/** The person of a connection: one who signs in to the hub, or one whom an application knows by its own ids. */
export interface ConnectionPerson {
  id: string;
  name: string | null;
  email: string | null;
  identity:
    | { kind: 'hub'; issuer: string; subject: string }
    | {
        kind: 'application';
        application: string;
        applicationName: string | null;
        tenant: string | null;
        user: string | null;
      };
}

/** A connection with its person, as administrators and services see it. */
export interface AdminConnectionView extends ConnectionView {
  person: ConnectionPerson;
}

/** One line of a connection's history; runs of like events are folded. */
export interface HistoryView {
  at: Date;
  until: Date;
  action: string;
  sentence: string;
  outcome: 'ok' | 'refused' | 'failed';
  code: string | null;
  count: number;
  /** The actor, as a name to show: a service's key name, “You”, “An administrator”, “Grantkeep”. */
  by: string;
  ip: string | null;
  requestId: string | null;
}
