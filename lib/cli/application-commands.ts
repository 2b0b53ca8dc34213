import { z } from 'zod';
import { changeApplication } from '#lib/applications/change';
import { createApplication } from '#lib/applications/create';
import { disableApplication, enableApplication } from '#lib/applications/disable';
import { getApplication } from '#lib/applications/get';
import { listApplications } from '#lib/applications/list';
import { setAppearance } from '#lib/applications/set-appearance';
import type { ApplicationView } from '#lib/applications/views';
import type { Context } from '#lib/context';

const texts = z.array(z.string());
const scopes = z.record(z.string(), texts);

/** The commands about applications. */
export const applicationCommands = [
  z.strictObject({
    command: z.literal('application create'),
    name: z.string(),
    contact: z.string(),
    returnUrls: texts,
    providers: texts.nullable(),
    scopes,
  }),
  z.strictObject({ command: z.literal('application list'), cursor: z.string().optional() }),
  z.strictObject({ command: z.literal('application show'), id: z.string() }),
  z.strictObject({
    command: z.literal('application change'),
    id: z.string(),
    name: z.string().optional(),
    contact: z.string().optional(),
    returnUrls: texts.optional(),
    providers: texts.nullable().optional(),
    scopes: scopes.optional(),
  }),
  z.strictObject({
    command: z.literal('application appearance'),
    id: z.string(),
    logo: z.string().nullable().optional(),
    colours: z.strictObject({ light: z.string(), dark: z.string() }).nullable().optional(),
  }),
  z.strictObject({
    command: z.enum(['application disable', 'application enable']),
    id: z.string(),
    reason: z.string(),
  }),
] as const;

export type ApplicationCommand = z.infer<(typeof applicationCommands)[number]>;

const toLine = (view: ApplicationView): Record<string, unknown> => ({
  id: view.id,
  name: view.name,
  contact: view.contact,
  status: view.status,
  return_urls: view.returnUrls,
  providers: view.providers,
  scopes: view.scopes,
  has_logo: view.hasLogo,
  colours: view.colours,
  keys: view.keys,
  people: view.people,
  connections: view.connections,
  created_at: view.createdAt.toISOString(),
  created_by: view.createdBy,
  disabled_at: view.disabledAt?.toISOString() ?? null,
});

/** Runs a command about applications and answers its lines, at most `limit`. @throws AppError as the verbs do */
export async function runApplicationCommand(
  ctx: Context,
  command: ApplicationCommand,
  limit: number,
): Promise<Record<string, unknown>[]> {
  switch (command.command) {
    case 'application create': {
      const { command: _, ...given } = command;
      return [toLine(await createApplication(ctx, given))];
    }
    case 'application list':
      return (await listApplications(ctx, { cursor: command.cursor, limit })).items.map(toLine);
    case 'application show':
      return [toLine(await getApplication(ctx, { id: command.id }))];
    case 'application change': {
      const { command: _, ...given } = command;
      return [toLine(await changeApplication(ctx, given))];
    }
    case 'application appearance': {
      const { command: _, ...given } = command;
      return [toLine(await setAppearance(ctx, given))];
    }
    case 'application disable':
      return [toLine(await disableApplication(ctx, { id: command.id, reason: command.reason }))];
    case 'application enable':
      return [toLine(await enableApplication(ctx, { id: command.id, reason: command.reason }))];
  }
}
