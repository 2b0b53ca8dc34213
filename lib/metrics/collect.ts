import { sql } from 'drizzle-orm';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { rules } from '#lib/alerts/rules';
import { reportProviders } from '#lib/connections/report-providers';
import { countUnbound } from '#lib/connections/reseal';
import type { Runtime } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { alertProgress, eventTotals } from '#lib/db/schema/alerts';
import { listMissingKeys } from '#lib/processes/vault-keys';
import { productVersion } from '#lib/processes/version';
import { once } from '#lib/registry';

/** What of the hub is counted in its database, and so is the same at every process. */
function addHubMetrics(registry: Registry, { database: { db } }: Runtime): void {
  const registers = [registry];
  new Counter({
    name: 'grantkeep_events_total',
    help: 'Entries of the ledger, by action, outcome and provider. The same at every process.',
    labelNames: ['action', 'outcome', 'provider'],
    registers,
    async collect() {
      this.reset();
      for (const { total, ...labels } of await db.select().from(eventTotals)) this.inc(labels, total);
    },
  });
  new Gauge({
    name: 'grantkeep_alerts',
    help: 'Alerts that are not over, by rule, severity and state. The same at every process.',
    labelNames: ['rule', 'severity', 'state'],
    registers,
    async collect() {
      this.reset();
      // Said of every rule, so that a query sees none as none and not as nothing.
      for (const { id: rule, severity } of rules) this.set({ rule, severity, state: 'open' }, 0);
      const rows = rowsOf<{ rule: string; severity: string; state: string; count: number }>(
        await db.execute(
          sql`select rule, severity, state, count(*)::int as count from alerts where state <> 'resolved' group by 1, 2, 3`,
        ),
      );
      for (const { count, ...labels } of rows) this.set(labels, count);
    },
  });
  new Gauge({
    name: 'grantkeep_alerts_lag_seconds',
    help: 'Age of the newest entry of the ledger that the alerts have taken into account. The same at every process.',
    registers,
    async collect() {
      const [row] = await db
        .select({ lag: sql<number>`extract(epoch from clock_timestamp() - ${alertProgress.readTo})::float8` })
        .from(alertProgress);
      // Nothing was ever taken into account: older than anything.
      this.set(row?.lag ?? Number.POSITIVE_INFINITY);
    },
  });
  new Gauge({
    name: 'grantkeep_webhook_deliveries_pending',
    help: 'Webhook messages that are on their way. The same at every process.',
    registers,
    async collect() {
      this.set(await countDeliveries('pending'));
    },
  });
  new Gauge({
    name: 'grantkeep_webhook_deliveries_failed',
    help: 'Webhook messages that were given up, of those in the log. The same at every process.',
    registers,
    async collect() {
      this.set(await countDeliveries('failed'));
    },
  });
  new Gauge({
    name: 'grantkeep_sealed_rows_unbound',
    help: 'Rows whose tokens have the form of an earlier version, not bound to where they may go. The same at every process.',
    registers,
    async collect() {
      this.set(await countUnbound(db));
    },
  });
  new Gauge({
    name: 'grantkeep_sealed_rows_key_missing',
    help: 'Rows that a process could not open as it started, by the key of the vault that it lacked. The same at every process.',
    labelNames: ['key'],
    registers,
    async collect() {
      this.reset();
      for (const { kid, rows } of await listMissingKeys(db)) this.set({ key: kid }, rows);
    },
  });
  async function countDeliveries(state: string): Promise<number> {
    const [row] = rowsOf<{ count: number }>(
      await db.execute(sql`select count(*)::int as count from webhook_deliveries where state = ${state}`),
    );
    return row?.count ?? 0;
  }
}

/** What this process knows by itself. */
function addProcessMetrics(registry: Registry, runtime: Runtime): void {
  const registers = [registry];
  const labelNames = ['provider'];
  new Gauge({
    name: 'grantkeep_provider_answering',
    help: '1 where this process gets answers from the provider, 0 where it has paused its calls. Only of providers it has asked.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const { provider, circuit } of reportProviders(runtime))
        this.set({ provider }, circuit === 'closed' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'grantkeep_provider_calls',
    help: 'Calls of this process to the provider that are under way or wait for their turn.',
    labelNames: ['provider', 'state'],
    registers,
    collect() {
      this.reset();
      for (const { provider, callsUnderWay, callsWaiting } of reportProviders(runtime)) {
        this.set({ provider, state: 'under_way' }, callsUnderWay);
        this.set({ provider, state: 'waiting' }, callsWaiting);
      }
    },
  });
  new Gauge({
    name: 'grantkeep_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  }).set({ version: productVersion() }, 1);
  collectDefaultMetrics({ register: registry });
}

/** The metrics of a process, made at the first call. */
export function metricsOf(runtime: Runtime): Registry {
  const made = once('metrics', () => new WeakMap<Runtime['config'], Registry>());
  const known = made.get(runtime.config);
  if (known) return known;
  const registry = new Registry();
  addHubMetrics(registry, runtime);
  addProcessMetrics(registry, runtime);
  made.set(runtime.config, registry);
  return registry;
}
