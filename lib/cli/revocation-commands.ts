import { z } from 'zod';
import { letGoOfRevocation } from '#lib/bulk-revocation/let-go';
import { type HeldView, listHeldRevocations } from '#lib/bulk-revocation/list-held';
import { retryHeldRevocation } from '#lib/bulk-revocation/retry-held';
import type { Context } from '#lib/context';

/** The commands about tokens that the hub could not revoke and still holds. */
export const revocationCommands = [
  z.strictObject({ command: z.literal('revocations held') }),
  z.strictObject({
    command: z.enum(['revocations let-go', 'revocations retry']),
    id: z.string(),
    reason: z.string(),
  }),
] as const;

export type RevocationCommand = z.infer<(typeof revocationCommands)[number]>;

function toLine(view: HeldView): Record<string, unknown> {
  return {
    id: view.id,
    kind: view.kind,
    provider: view.provider.id,
    connection: view.connectionId,
    person: view.person?.id ?? null,
    refused_flow: view.refused?.intent ?? null,
    refused_for: view.refused?.code ?? null,
    state: view.state,
    proof: view.proof,
    code: view.code,
    attempts: view.attempts,
    created_at: view.createdAt.toISOString(),
    finished_at: view.finishedAt?.toISOString() ?? null,
  };
}

/** The held tokens, the oldest first; a last line `{"more": true}` where the hub holds more than it lists at a time. */
async function held(ctx: Context): Promise<Record<string, unknown>[]> {
  const { items, more } = await listHeldRevocations(ctx);
  return [...items.map(toLine), ...(more ? [{ more }] : [])];
}

/** Runs a command about held tokens and answers its lines. @throws AppError as the verbs do */
export async function runRevocationCommand(
  ctx: Context,
  command: RevocationCommand,
): Promise<Record<string, unknown>[]> {
  if (command.command === 'revocations held') return held(ctx);
  const { id, reason } = command;
  if (command.command === 'revocations retry') await retryHeldRevocation(ctx, { id, reason });
  else await letGoOfRevocation(ctx, { id, reason });
  return held(ctx);
}
