import { eq, sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import type { Context } from '#lib/context';
import { connections } from '#lib/db/schema/connections';
import { callTarget } from '#lib/provider-calls/call-target';
import { protectionOf } from '#lib/provider-calls/protections';
import { vendToken } from '#lib/tokens/vend-token';
import { addConnection, addPerson, rowOf } from '#tests/hub';
import { json, refreshHub } from '#tests/refresh-hub';

const hub = refreshHub();

const down = json(503, {});
const refuses = json(400, { error: 'invalid_grant' });
const reused = json(400, { error: 'refresh_token_reused' });

/** The connection of another person each time, with an access token that is over. */
async function ofAnother(): Promise<string> {
  const { id: personId } = await addPerson(hub.runtime);
  return addConnection(hub.runtime, { personId, refreshToken: hub.server.grant(), expiresIn: -5, age: 3605 });
}

const codeOf = (ctx: Context, id: string) =>
  vendToken(ctx, { id }).then(
    () => 'vended',
    (error: unknown) => (error as { code: string }).code,
  );

/** Lets the provider answer so to each of these in turn. */
async function meanwhile(ctx: Context, instead: typeof down | null, ids: string[]): Promise<string[]> {
  hub.server.behaviour.instead = instead;
  const codes: string[] = [];
  for (const id of ids) codes.push(await codeOf(ctx, id));
  return codes;
}

const minutesPass = (id: string) =>
  hub.database.db
    .update(connections)
    .set({ refusedAt: sql`${connections.refusedAt} - interval '6 minutes'` })
    .where(eq(connections.id, id));

interface Case {
  when: string;
  /** Loses the answer of the connection; answers the process that asks afterwards. */
  lose: (ctx: Context, id: string) => Promise<unknown>;
  answers: typeof refuses;
  outcome: 'needs_reconnect' | 'grant_in_doubt';
}

const cases: Case[] = [
  {
    when: 'one answer was lost, and the host was well: the token is taken for spent',
    lose: (ctx, id) => meanwhile(ctx, down, [id]),
    answers: refuses,
    outcome: 'needs_reconnect',
  },
  {
    when: 'the host failed several times for the connection itself',
    lose: (ctx, id) => meanwhile(ctx, down, [id, id, id]),
    answers: refuses,
    outcome: 'grant_in_doubt',
  },
  {
    when: 'the host failed for others as well',
    lose: async (ctx, id) => meanwhile(ctx, down, [id, await ofAnother(), await ofAnother()]),
    answers: refuses,
    outcome: 'grant_in_doubt',
  },
  {
    when: 'the host failed so often that its circuit opened, and answers again',
    lose: async (ctx, id) => {
      await meanwhile(ctx, down, [id, id, id, id, id]);
      protectionOf(ctx, targetOf(ctx)).circuit.answered();
    },
    answers: refuses,
    outcome: 'grant_in_doubt',
  },
  {
    when: 'the host answered others between its failures',
    lose: async (ctx, id) => {
      await meanwhile(ctx, down, [id, id, id]);
      await meanwhile(ctx, null, [await ofAnother()]);
    },
    answers: refuses,
    outcome: 'grant_in_doubt',
  },
  {
    when: 'its failures are long over',
    lose: async (ctx, id) => {
      await meanwhile(ctx, down, [id, id, id]);
      const protection = protectionOf(ctx, targetOf(ctx));
      protection.failedAt = protection.failedAt.map((at) => at - 16 * 60_000);
    },
    answers: refuses,
    outcome: 'needs_reconnect',
  },
  {
    when: 'the provider says that the token was used before: it is proved spent',
    lose: (ctx, id) => meanwhile(ctx, down, [id, id, id]),
    answers: reused,
    outcome: 'needs_reconnect',
  },
];

function targetOf(ctx: Context) {
  const provider = ctx.providers.get('acme');
  if (!provider) throw new Error('it is in every hub');
  return callTarget(provider, { issuer: 'https://acme.example', subject: 'any', accountParams: {} });
}

const withReuse = () => hub.otherProcess({ reuse_codes: ['refresh_token_reused'] });

describe('F-21 a lost answer, and then a refusal', () => {
  test.each(cases)('$when: $outcome', async ({ lose, answers, outcome }) => {
    const ctx = withReuse();
    const id = await ofAnother();
    await lose(ctx, id);
    expect(await meanwhile(ctx, answers, [id])).toEqual([outcome]);
    const { status, statusReason } = await rowOf(hub.runtime, id);
    expect([status, statusReason]).toEqual(
      outcome === 'needs_reconnect' ? ['needs_reconnect', 'answer_lost'] : ['connected', null],
    );
  });

  test('in doubt, the grant lives on where the provider takes the token some minutes later', async () => {
    const ctx = withReuse();
    const id = await ofAnother();
    await meanwhile(ctx, down, [id, id, id]);
    await meanwhile(ctx, refuses, [id]);
    await minutesPass(id);
    expect(await meanwhile(ctx, null, [id])).toEqual(['vended']);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'connected', lastRefreshError: null });
  });

  test('in doubt, the grant ends at the second refusal, as one whose answer was lost', async () => {
    const ctx = withReuse();
    const id = await ofAnother();
    await meanwhile(ctx, down, [id, id, id]);
    await meanwhile(ctx, refuses, [id]);
    await minutesPass(id);
    expect(await meanwhile(ctx, refuses, [id])).toEqual(['needs_reconnect']);
    expect(await rowOf(hub.runtime, id)).toMatchObject({ status: 'needs_reconnect', statusReason: 'answer_lost' });
  });

  test('a bad hour that begins with failures ends no grant at once', async () => {
    const ctx = withReuse();
    const ids = [await ofAnother(), await ofAnother(), await ofAnother(), await ofAnother()];
    await meanwhile(ctx, down, ids);
    const codes = await meanwhile(ctx, refuses, ids);
    expect(codes.filter((code) => code === 'needs_reconnect')).toEqual([]);
    for (const id of ids) await minutesPass(id);
    for (const id of ids) expect((await rowOf(hub.runtime, id)).status).toBe('connected');
  });
});
