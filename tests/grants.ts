import { type Grant, storeGrant } from '#lib/authorization/store-grant';
import type { Runtime } from '#lib/context';
import type { PersonContext } from '#lib/guards/require';
import { newId, personOfConnection } from '#lib/ids';
import { as, beginTestSession, rowOf } from '#tests/hub';

let number = 0;

/** A grant as a callback stores it: of an account of its own with tokens of its own, unless they are given. */
export function newGrant(given: Partial<Grant> = {}, tokens: Partial<Grant['tokens']> = {}): Grant {
  number += 1;
  return {
    answer: newId('rfg'),
    provider: 'acme',
    issuer: 'https://acme.example',
    subject: `subject-${number}`,
    label: 'ada@acme.example',
    tokens: {
      access_token: `at-${number}`,
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: `rt-${number}`,
      refresh_token_expires_in: null,
      scopes: ['read'],
      id_token_claims: null,
      extras: {},
      ...tokens,
    },
    lifeSeconds: 3600,
    scopesRequested: ['read'],
    scopesGranted: ['read'],
    accountParams: {},
    reconnects: null,
    extras: {},
    authorization: { pkce: 'S256', issChecked: true, idTokenChecked: true, userAgent: null },
    ...given,
  };
}

/** The person of that connection connects its account again, as a callback ends it. */
export async function reconnect(runtime: Runtime, id: string, tokens: Partial<Grant['tokens']>) {
  const personId = personOfConnection(id) ?? '';
  const sessionId = await beginTestSession(runtime, personId);
  const person = as(runtime, { type: 'person', personId, role: 'user', sessionId, name: null, email: null });
  const { provider, issuer, subject, label, authorization } = await rowOf(runtime, id);
  const account = { provider, issuer, subject, label, authorization };
  return storeGrant(person as PersonContext, newGrant({ ...account, reconnects: id }, { scopes: null, ...tokens }));
}
