import type { Exchange, Oddity } from '#demo/odd/oddity';

/** Edits the JSON object of a good token answer. */
export function editTokens(edit: (body: Record<string, unknown>, exchange: Exchange) => void): Oddity['answered'] {
  return (exchange) => {
    if (exchange.issued) edit(exchange.answer.body as Record<string, unknown>, exchange);
  };
}

/** Which scopes it says that it granted, and how. */
export const scopeRows: readonly Oddity[] = [
  {
    name: 'long_scope_names',
    cases: ['P-04'],
    does: 'It grants email and profile under long names.',
    touches: ['scopes'],
    answered: editTokens((body) => {
      body.scope = String(body.scope).replaceAll(/\b(email|profile)\b/g, 'https://odd.example/auth/userinfo.$1');
    }),
    record: {
      scope_aliases: {
        email: ['https://odd.example/auth/userinfo.email'],
        profile: ['https://odd.example/auth/userinfo.profile'],
      },
    },
  },
];
