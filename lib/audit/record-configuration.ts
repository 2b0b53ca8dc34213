import { createHmac, hash } from 'node:crypto';
import { desc, sql } from 'drizzle-orm';
import { configurationKey } from '#lib/config/configuration-key';
import type { Context } from '#lib/context';
import { lockFor } from '#lib/db/advisory-locks';
import { type Db, withTransaction } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { canonicalJson } from '#lib/ledger/canonical';
import { record } from '#lib/ledger/record';
import type { ProviderRecord } from '#lib/providers/record';
import { Secret } from '#lib/providers/secret';

/** First digits of a hash: enough to tell a change. */
const short = 16;

/** Headers from variables, which print as nothing. A record without any has the hash that it had before they counted. */
function headerSecrets({ token_headers, identity, lookups, revoke }: ProviderRecord): string[][] {
  const all = [token_headers, identity.headers, revoke.headers, ...lookups.map(({ headers }) => headers)];
  return all.flatMap((headers, at) =>
    Object.entries(headers).flatMap(([name, value]) =>
      value instanceof Secret ? [[String(at), name, value.reveal()]] : [],
    ),
  );
}

/**
 * The configuration, as short hashes by name: a changed secret changes its provider's hash, and no secret can be
 * guessed from it without the vault's oldest key.
 */
export function describeConfiguration({ config, providers }: Pick<Context, 'config' | 'providers'>): string[] {
  const key = configurationKey(config);
  const digest = (value: unknown) =>
    createHmac('sha256', key).update(canonicalJson(value)).digest('hex').slice(0, short);
  const settings = {
    app_url: config.appUrl.href,
    sign_in_allow: config.signInAllow,
    admin_emails: config.adminEmails,
    trusted_proxies: config.trustedProxies,
    session_hours: config.sessionHours,
    vault_keys: config.vaultKeys.map(({ kid }) => kid),
    vault_root: config.vaultRoots.roots.map(({ name }) => name),
    ledger_keys: config.ledgerKeys.map(({ kid, kind }) => [kid, kind]),
    ledger_retention_months: config.ledgerRetentionMonths,
    keep_alive_days: config.keepAliveDays,
    inactive_days: config.inactiveDays,
    inactive_notice_days: config.inactiveNoticeDays,
    api_rate_per_minute: config.apiRatePerMinute,
    organisation: config.organisation ?? null,
    mail: config.mail ?? null,
    alert_emails: config.alertEmails,
    webhook_internal_hosts: config.webhookInternalHosts,
    metrics_token: config.metricsToken ?? null,
  };
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${digest(value)}`),
    ...providers.list().map((provider) => {
      const { client_secret, client_secret_previous, client_private_key } = provider;
      const secrets = [
        ...[client_secret, client_private_key, client_secret_previous].map((one) => one?.reveal() ?? null),
        ...headerSecrets(provider),
      ];
      return `provider:${provider.id}=${digest([provider, secrets])}`;
    }),
  ].sort();
}

/** The names that are new, gone, or have another value. */
function changedNames(before: readonly string[], now: readonly string[]): string[] {
  const [was, is] = [new Set(before), new Set(now)];
  const differing = [...before.filter((one) => !is.has(one)), ...now.filter((one) => !was.has(one))];
  return [...new Set(differing.map((one) => one.slice(0, one.lastIndexOf('='))))].sort();
}

/**
 * Records the configuration where it is another than the one recorded last. Of processes that start or read their files
 * together, one records it.
 * @param more further details, as what changed
 */
export async function recordConfiguration(ctx: Context, more: Record<string, unknown> = {}): Promise<void> {
  await withTransaction(ctx.database.db, async (tx) => {
    await lockFor(tx, 'configuration');
    await recordOther(tx, ctx, more);
  });
}

async function recordOther(tx: Db, ctx: Context, more: Record<string, unknown>): Promise<void> {
  const now = describeConfiguration(ctx);
  const [last] = await tx
    .select({ details: ledger.details })
    .from(ledger)
    // Not those of the rules of alerts, which are set in the page.
    .where(sql`${ledger.action} = 'configuration.changed' and ${ledger.details} ? 'parts'`)
    .orderBy(desc(ledger.at), desc(ledger.id))
    .limit(1);
  const before = Array.isArray(last?.details.parts) ? last.details.parts : [];
  const changed = changedNames(before, now);
  if (changed.length === 0) return;
  await record(tx, ctx, {
    action: 'configuration.changed',
    details: { hash: hash('sha256', now.join('\n'), 'hex'), first: last === undefined, changed, parts: now, ...more },
  });
}
