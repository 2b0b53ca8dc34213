import { type SQL, sql } from 'drizzle-orm';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { rules } from '#lib/alerts/rules';
import { checks } from '#lib/checks/list';
import { listFailing } from '#lib/checks/results';
import { type Runtime, systemContext } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { alertProgress, eventTotals } from '#lib/db/schema/alerts';
import { jobNames } from '#lib/jobs/claim-run';
import { readHeldBack } from '#lib/ledger/held-back';
import { once } from '#lib/process-parts';
import { reportProviders } from '#lib/status/report-providers';
import { productVersion } from '#lib/status/version';
import { keyServiceState } from '#lib/vault-keys/data-keys';
import { countUnbound } from '#lib/vault-keys/reseal';
import { listMissingKeys } from '#lib/vault-keys/vault-keys';

/**
 * The age of a moment in seconds. One that lies ahead, since a clock was, is as old as anything: a negative age, or none,
 * would keep every rule from firing.
 */
const ageOf = (
  moment: SQL,
) => sql<number>`case when ${moment} > clock_timestamp() + interval '1 minute' then 'infinity'::float8
  else greatest(0, extract(epoch from clock_timestamp() - ${moment})::float8) end`;

/** The metrics that are counted in the hub's database, and so are the same at every process. */
function addHubMetrics(registry: Registry, runtime: Runtime): void {
  const { database, providers } = runtime;
  const { db } = database;
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
      const [row] = await db.select({ lag: ageOf(sql`${alertProgress.readTo}`) }).from(alertProgress);
      // Nothing was ever taken into account: older than anything.
      this.set(row?.lag ?? Number.POSITIVE_INFINITY);
    },
  });
  new Gauge({
    name: 'grantkeep_seals_lag_seconds',
    help: 'Age of the oldest entry of the ledger that came after the newest seal; 0 where none did. The same at every process.',
    registers,
    async collect() {
      // By time, so that the key of the ledger answers; an entry that a seal of the same second has, counts as well.
      const [row] = rowsOf<{ lag: number }>(
        await db.execute(sql`with last as (select sealed_at from ledger_seals order by n desc limit 1)
          select case when (select sealed_at from last) > clock_timestamp() + interval '1 minute' then 'infinity'::float8
            else coalesce((select ${ageOf(sql`at`)} from ledger
              where at > coalesce((select sealed_at from last), '-infinity') order by at limit 1), 0) end as lag`),
      );
      this.set(row?.lag ?? Number.POSITIVE_INFINITY);
    },
  });
  new Gauge({
    name: 'grantkeep_check_failing',
    help: '1 where a security check of the hub, or of a provider, failed when it was last made, else 0. The same at every process.',
    labelNames: ['check', 'provider'],
    registers,
    async collect() {
      this.reset();
      for (const { id: check, scope } of checks)
        for (const provider of scope === 'hub' ? [''] : providers.list().map(({ id }) => id))
          this.set({ check, provider }, 0);
      const ctx = systemContext(runtime, 'metrics');
      for (const { check, provider } of await listFailing(ctx)) this.set({ check, provider: provider?.id ?? '' }, 1);
    },
  });
  new Gauge({
    name: 'grantkeep_ledger_held_back_seconds',
    help: 'For how long a transaction of the database has kept the hub from reading the ledger and giving it seals, from a minute on; 0 where none does. The same at every process.',
    labelNames: ['server_pid', 'role'],
    registers,
    async collect() {
      this.reset();
      const held = await readHeldBack(database);
      const labels = { server_pid: String(held?.pid ?? ''), role: held?.role ?? '' };
      this.set(labels, held?.seconds ?? 0);
    },
  });
  new Gauge({
    name: 'grantkeep_job_age_seconds',
    help: 'How long ago the last run of a background job ended; each has one a minute. The same at every process.',
    // Not `job`: Prometheus itself gives every series a label of that name.
    labelNames: ['name'],
    registers,
    async collect() {
      this.reset();
      for (const name of jobNames) this.set({ name }, Number.POSITIVE_INFINITY);
      const rows = rowsOf<{ name: string; age: number }>(
        await db.execute(sql`select name, ${ageOf(sql`ended_at`)} as age from jobs where ended_at is not null`),
      );
      for (const { name, age } of rows) this.set({ name }, age);
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
    help: 'Rows with tokens in the form of an earlier version, not bound to where they may go. The same at every process.',
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

/** The metrics that this process knows by itself. */
function addProcessMetrics(registry: Registry, runtime: Runtime): void {
  const registers = [registry];
  const labelNames = ['provider'];
  new Gauge({
    name: 'grantkeep_provider_answering',
    help: '1 where this process gets answers from the provider, 0 where it has paused its calls to it or to one of its hosts. Only of providers it has asked.',
    labelNames,
    registers,
    collect() {
      this.reset();
      const reports = reportProviders(runtime);
      for (const { provider } of reports) this.set({ provider }, 1);
      for (const { provider, circuit } of reports) if (circuit !== 'closed') this.set({ provider }, 0);
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
        this.inc({ provider, state: 'under_way' }, callsUnderWay);
        this.inc({ provider, state: 'waiting' }, callsWaiting);
      }
    },
  });
  new Gauge({
    name: 'grantkeep_key_service_down_seconds',
    help: 'For how long the service of the root key has not answered this process; 0 while it answers, and where no service is asked.',
    registers,
    collect() {
      const { downSince } = keyServiceState(runtime);
      this.set(downSince ? Math.max(1, (runtime.now().getTime() - downSince.getTime()) / 1000) : 0);
    },
  });
  new Gauge({
    name: 'grantkeep_data_keys_left_seconds',
    help: 'Seconds until this process drops its data keys, unless the key service confirms them before; +Inf where no service is asked.',
    registers,
    collect() {
      this.set(keyServiceState(runtime).secondsLeft ?? Number.POSITIVE_INFINITY);
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
