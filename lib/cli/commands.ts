import { z } from 'zod';
import { cursorAfterKey } from '#lib/api-keys/list-api-keys';
import { cursorAfterApplication } from '#lib/applications/list';
import { checkLedger } from '#lib/audit/check-ledger';
import { exportCheckpoint } from '#lib/audit/export-checkpoint';
import { listLedgerKeys } from '#lib/audit/list-ledger-keys';
import { pruneLedger } from '#lib/audit/prune-ledger';
import type { LedgerReport } from '#lib/audit/verify-ledger';
import { apiKeyCommands, runApiKeyCommand } from '#lib/cli/api-key-commands';
import { applicationCommands, runApplicationCommand } from '#lib/cli/application-commands';
import { runCheckCommand, runScenarios } from '#lib/cli/check-command';
import { ledgerStreamCommands, runLedgerStreamCommand } from '#lib/cli/ledger-stream-commands';
import { listCommands, runListCommand } from '#lib/cli/list-commands';
import { revocationCommands, runRevocationCommand } from '#lib/cli/revocation-commands';
import { runTransferCommand, transferCommands } from '#lib/cli/transfer-commands';
import { runVaultCommand, vaultCommands } from '#lib/cli/vault-commands';
import { runWebhookCommand, webhookCommands } from '#lib/cli/webhook-commands';
import type { Context } from '#lib/context';
import { openPostgres } from '#lib/db/open';
import { freezeScopes } from '#lib/db/schema/freezes';
import { exportEvidence } from '#lib/evidence/export';
import { freeze } from '#lib/freezes/freeze';
import { cursorAfterFreeze, standingFreeze, standingFreezes } from '#lib/freezes/list';
import { thaw } from '#lib/freezes/thaw';
import type { FreezeView } from '#lib/freezes/views';
import { disablePerson, enablePerson } from '#lib/people/disable';
import { findPerson } from '#lib/people/find-person';
import { listProviderStops, resumeProvider } from '#lib/provider-calls/provider-stop';
import { checkProvider } from '#lib/provider-check/check-provider';
import { type CheckResult, inOrder } from '#lib/provider-check/report';
import { runDrill } from '#lib/reviews/drill';
import { endSessions } from '#lib/sign-in/end-session';
import { type ReloadedProcess, reloadEverywhere } from '#lib/status/reload-everywhere';
import { exportPage } from '#lib/transfer/export-connections';

/** A command that needs the data, as it travels to the process that has it open. */
export const commandSchema = z.discriminatedUnion('command', [
  ...apiKeyCommands,
  ...applicationCommands,
  z.strictObject({
    command: z.enum(['freeze', 'thaw']),
    scope: z.enum(freezeScopes),
    target: z.string(),
    reason: z.string(),
  }),
  z.strictObject({ command: z.literal('freezes'), cursor: z.string().optional() }),
  z.strictObject({ command: z.literal('sessions end'), person: z.string().nullable() }),
  z.strictObject({
    command: z.literal('people disable'),
    person: z.string(),
    reason: z.string(),
    lastAdministrator: z.boolean(),
  }),
  z.strictObject({ command: z.literal('people enable'), person: z.string(), reason: z.string() }),
  z.strictObject({ command: z.literal('reload') }),
  z.strictObject({ command: z.literal('resume'), provider: z.string(), reason: z.string() }),
  z.strictObject({
    command: z.literal('provider check'),
    provider: z.string(),
    accountParams: z.record(z.string(), z.string()),
    json: z.boolean(),
  }),
  z.strictObject({ command: z.literal('drill'), provider: z.string(), connection: z.string().optional() }),
  z.strictObject({ command: z.literal('check scenarios'), provider: z.string(), json: z.boolean() }),
  z.strictObject({ command: z.literal('check'), provider: z.string().nullable(), json: z.boolean() }),
  ...ledgerStreamCommands,
  ...listCommands,
  ...revocationCommands,
  ...vaultCommands,
  ...transferCommands,
  ...webhookCommands,
  z.strictObject({ command: z.literal('evidence'), from: z.string(), to: z.string() }),
  z.strictObject({ command: z.literal('ledger verify'), checkpoints: z.array(z.string()) }),
  z.strictObject({ command: z.literal('ledger checkpoint') }),
  z.strictObject({ command: z.literal('ledger keys') }),
  z.strictObject({ command: z.literal('ledger prune') }),
]);
export type Command = z.infer<typeof commandSchema>;

/** Lines of one answer of a long list; the command line asks for the next ones after the last. */
const linesAtOnce = 1000;

/** Long lists, by how a page of each goes on after a line. */
const cursorAfter: Partial<Record<Command['command'], (line: { id: string; createdAt: Date }) => string>> = {
  'api-key list': cursorAfterKey,
  'application list': cursorAfterApplication,
  freezes: cursorAfterFreeze,
};

/** Asks for what comes after these lines; null where they were all. */
export function commandAfter(command: Command, lines: readonly Record<string, unknown>[]): Command | null {
  const last = lines.at(-1);
  if (command.command === 'export')
    return last && lines.length >= exportPage ? { ...command, after: String(last.connection) } : null;
  const after = cursorAfter[command.command];
  if (!after || !last || lines.length < linesAtOnce) return null;
  return {
    ...command,
    cursor: after({ id: String(last.id), createdAt: new Date(String(last.created_at)) }),
  } as Command;
}

function toFreezeLine(view: FreezeView): Record<string, unknown> {
  return {
    id: view.id,
    scope: view.scope,
    target: view.target || null,
    reason: view.reason,
    created_at: view.createdAt.toISOString(),
    created_by: view.createdBy.id,
    lifted_at: view.lifted?.at.toISOString() ?? null,
    lifted_by: view.lifted?.by.id ?? null,
    lift_reason: view.lifted?.reason ?? null,
  };
}

function toReloadLine({ process, host, pid, result, faults, needsRestart }: ReloadedProcess): Record<string, unknown> {
  return { process, host, pid, result, faults, needs_restart: needsRestart };
}

function toCheckLine({ check, result, lookedAt, found, mend, recordLine }: CheckResult): Record<string, unknown> {
  return { check, result, looked_at: lookedAt, found, mend, record_line: recordLine };
}

function reportLine({
  faults,
  seals,
  rows,
  droppedRows,
  waiting,
  lastSealedAt,
}: LedgerReport): Record<string, unknown> {
  return {
    ok: faults.length === 0,
    first_fault: faults[0] ?? null,
    faults,
    seals,
    rows,
    dropped_rows: droppedRows,
    waiting_rows: waiting.rows,
    waiting_since: waiting.since?.toISOString() ?? null,
    last_sealed_at: lastSealedAt?.toISOString() ?? null,
  };
}

/** Drops old months on a connection of the owner's own, where the configuration names one. */
async function pruneAsOwner(ctx: Context): Promise<string[]> {
  const { migrateDatabaseUrl, databasePooler: pooler } = ctx.config;
  if (!migrateDatabaseUrl) return pruneLedger(ctx, ctx.database.db);
  const owner = openPostgres(migrateDatabaseUrl, { max: 1, pooler });
  return pruneLedger(ctx, owner.db).finally(() => owner.close());
}

/**
 * Ends sessions. One of which nothing is left tells of none ended.
 * @param person an id or an e-mail address; null: everybody
 */
async function endTheirSessions(ctx: Context, person: string | null): Promise<Record<string, unknown>> {
  if (person === null) {
    const { people, sessions } = await endSessions(ctx, 'everybody');
    return { people, sessions_ended: sessions };
  }
  const personId = await findPerson(ctx, person);
  const { sessions } = await endSessions(ctx, { personId });
  return { person: personId, sessions_ended: sessions };
}

/** Runs a command and answers its lines, each to be printed as JSON. */
export async function runCommand(ctx: Context, command: Command): Promise<Record<string, unknown>[]> {
  switch (command.command) {
    case 'api-key create':
    case 'api-key rotate':
    case 'api-key list':
    case 'api-key addresses':
    case 'api-key revoke':
      return runApiKeyCommand(ctx, command, linesAtOnce);
    case 'application create':
    case 'application list':
    case 'application show':
    case 'application change':
    case 'application appearance':
    case 'application disable':
    case 'application enable':
      return runApplicationCommand(ctx, command, linesAtOnce);
    case 'freeze': {
      const { scope, target, reason } = command;
      return [toFreezeLine(await freeze(ctx, { scope, target, reason }))];
    }
    case 'thaw': {
      const { scope, target, reason } = command;
      const standing = await standingFreeze(ctx, { scope, target });
      return standing ? [toFreezeLine(await thaw(ctx, { id: standing.id, reason }))] : [];
    }
    case 'freezes':
      return (await standingFreezes(ctx, { cursor: command.cursor, limit: linesAtOnce })).items.map(toFreezeLine);
    case 'sessions end':
      return [await endTheirSessions(ctx, command.person)];
    case 'people disable': {
      const id = await findPerson(ctx, command.person);
      const last = command.lastAdministrator ? ({ dangerouslyLastAdministrator: true } as const) : {};
      const { revoked } = await disablePerson(ctx, { id, reason: command.reason, ...last });
      return [{ person: id, status: 'disabled', connections_revoked: revoked }];
    }
    case 'people enable': {
      const id = await findPerson(ctx, command.person);
      await enablePerson(ctx, { id, reason: command.reason });
      return [{ person: id, status: 'active' }];
    }
    case 'reload':
      return (await reloadEverywhere(ctx)).map(toReloadLine);
    case 'resume':
      await resumeProvider(ctx, command);
      return (await listProviderStops(ctx)).map(({ provider, issuer }) => ({ provider: provider.id, issuer }));
    case 'provider check': {
      const { provider, accountParams } = command;
      return inOrder(await checkProvider(ctx, { provider, accountParams })).map(toCheckLine);
    }
    case 'check':
      return runCheckCommand(ctx, command);
    case 'check scenarios':
      return runScenarios(ctx, command.provider);
    case 'drill': {
      const done = await runDrill(ctx, command);
      return [
        {
          ...{ provider: done.provider, connection: done.connection, state: done.state, proof: done.proof },
          granted_ms: done.grantedMs,
          ...{ ended_here_ms: done.endedHereMs, told_ms: done.toldMs, proved_ms: done.provedMs },
        },
      ];
    }
    case 'people list':
    case 'providers list':
    case 'alerts list':
    case 'alerts ack':
      return runListCommand(ctx, command);
    case 'revocations held':
    case 'revocations let-go':
    case 'revocations retry':
      return runRevocationCommand(ctx, command);
    case 'import':
    case 'export':
      return runTransferCommand(ctx, command);
    case 'vault status':
    case 'vault rotate':
    case 'vault reseal':
    case 'vault retire':
      return runVaultCommand(ctx, command);
    case 'webhook add':
    case 'webhook list':
    case 'webhook remove':
    case 'webhook rotate':
    case 'webhook test':
    case 'webhook enable':
    case 'webhook disable':
      return runWebhookCommand(ctx, command);
    case 'evidence':
      return [{ text: (await exportEvidence(ctx, { from: command.from, to: command.to })).file }];
    case 'ledger verify':
      return [reportLine(await checkLedger(ctx, { checkpoints: command.checkpoints }))];
    case 'ledger checkpoint':
      return [{ text: await exportCheckpoint(ctx) }];
    case 'ledger keys':
      return listLedgerKeys(ctx).map((key) => ({ ...key }));
    case 'ledger entries':
    case 'ledger seals':
      return runLedgerStreamCommand(ctx, command);
    case 'ledger prune':
      return [{ dropped: await pruneAsOwner(ctx) }];
  }
}
