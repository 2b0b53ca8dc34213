import { z } from 'zod';
import { acknowledgeAlert } from '#lib/alerts/acknowledge';
import { getAlert } from '#lib/alerts/get';
import { listAlerts } from '#lib/alerts/list';
import type { AlertView } from '#lib/alerts/views';
import type { Context } from '#lib/context';
import type { Page } from '#lib/cursor';
import { alertStates } from '#lib/db/schema/alerts';
import { listPeople } from '#lib/people/list';
import type { PersonView } from '#lib/people/views';
import { describeProviders } from '#lib/provider-check/describe-provider';

/** The commands that list what the pages list. */
export const listCommands = [
  z.strictObject({ command: z.literal('people list'), search: z.string().nullable(), json: z.boolean() }),
  z.strictObject({ command: z.literal('providers list'), json: z.boolean() }),
  z.strictObject({ command: z.literal('alerts list'), state: z.enum(['live', ...alertStates]), json: z.boolean() }),
  z.strictObject({ command: z.literal('alerts ack'), id: z.string(), note: z.string().optional(), json: z.boolean() }),
] as const;

export type ListCommand = z.infer<(typeof listCommands)[number]>;

/** More lines are for the export of a page, or for a search. */
const mostLines = 10_000;

async function allOf<T>(page: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let cursor: string | undefined; all.length < mostLines; ) {
    const { items, nextCursor } = await page(cursor);
    all.push(...items);
    if (nextCursor === null) break;
    cursor = nextCursor;
  }
  return all;
}

const toPerson = ({ id, email, name, provider, role, status, connections, lastSignedInAt }: PersonView) => ({
  ...{ id, email, name, provider, role, status, connections },
  last_signed_in_at: lastSignedInAt?.toISOString() ?? null,
});

const toAlert = ({ id, severity, state, title, subject, count, openedAt }: AlertView) => ({
  ...{ id, severity, state, title },
  subject: subject && `${subject.kind} ${subject.id}`,
  count,
  opened_at: openedAt.toISOString(),
});

/** Runs such a command and answers its lines. @throws AppError as the verbs do */
export async function runListCommand(ctx: Context, command: ListCommand): Promise<Record<string, unknown>[]> {
  switch (command.command) {
    case 'people list': {
      const filter = command.search === null ? {} : { query: command.search };
      return (await allOf((cursor) => listPeople(ctx, { ...filter, limit: 100, ...(cursor && { cursor }) }))).map(
        toPerson,
      );
    }
    case 'providers list':
      return describeProviders(ctx).map(({ provider, issuer, connect, signIn }) => ({
        ...{ id: provider.id, name: provider.name, issuer, connect },
        sign_in: signIn,
      }));
    case 'alerts list': {
      const { state } = command;
      return (await allOf((cursor) => listAlerts(ctx, { state, limit: 200, ...(cursor && { cursor }) }))).map(toAlert);
    }
    case 'alerts ack': {
      const { id, note } = command;
      await acknowledgeAlert(ctx, { id, ...(note === undefined ? {} : { note }) });
      return [toAlert(await getAlert(ctx, { id }))];
    }
  }
}
