import type { ProviderSubject } from '#lib/checks/provider-subject';
import type { Context } from '#lib/context';
import type { AlertSeverity } from '#lib/db/schema/alerts';
import type { CheckOutcome } from '#lib/db/schema/checks';

/** The lines of the playbook's security checklist, in their order and in our own words; last, a change of a provider. */
export const playbookLines = {
  pkce: 'Authorization requests use PKCE with S256',
  state: 'The callback validates state',
  redirect_uri: 'The redirect URI is the registered one, byte for byte',
  tokens_sealed: 'Tokens are encrypted at rest',
  token_life: 'Access tokens end within 60 minutes',
  client_secret: 'The client secret stays out of pages and logs',
  https: 'HTTPS at every OAuth endpoint',
  refresh: 'Refreshing needs no person',
  provider_change: 'Each provider is as the hub last saw it',
} as const;
export type PlaybookLine = keyof typeof playbookLines;

/** The evidence of a check, in words. It is bounded and scrubbed before it is kept. */
export interface Observation {
  result: CheckOutcome;
  /** The object of the check: an address, a table, a number of rows. */
  lookedAt: string;
  found: string;
  /** How to mend it. */
  mend?: string | undefined;
}

interface CheckBase {
  id: string;
  name: string;
  line: PlaybookLine;
  /** The severity of its alert; null where another rule raises one. */
  alert: Extract<AlertSeverity, 'critical' | 'warning'> | null;
}

/** A check of the hub itself. */
export interface HubCheck extends CheckBase {
  scope: 'hub';
  look(ctx: Context): Promise<Observation>;
}

/** A check that is made for each provider. */
export interface ProviderCheck extends CheckBase {
  scope: 'provider';
  look(subject: ProviderSubject): Promise<Observation>;
}

export type Check = HubCheck | ProviderCheck;
