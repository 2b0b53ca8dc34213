import type { ProviderRecordInput } from '#lib/config/provider-record';
import { fillTemplate, placeholderNames } from '#lib/config/provider-url';
import type { LoginHint, OAuthProvider, RedirectPart, TokenCallRule } from '#lib/oauth/types';
import { Secret } from '#lib/providers/secret';

const tokenCallRule = (call: ProviderRecordInput['token_renewal']): TokenCallRule | null =>
  call
    ? {
        endpoint: call.endpoint,
        token_param: call.token_param ?? null,
        params: call.params ?? {},
        client_params: call.client_params ?? [],
        dangerously_by_get: call.dangerously_by_get ?? false,
      }
    : null;

/** An OpenID provider is told the address that it gave the account; other servers may refuse what they do not know. */
function loginHint({ login_hint, scopes = [], identity = {} }: ProviderRecordInput): LoginHint | null {
  if (login_hint) return { param: login_hint.param ?? 'login_hint', value: login_hint.value };
  const byOpenId = scopes.includes('openid') && ['id_token', 'userinfo', undefined].includes(identity.source);
  return login_hint === undefined && byOpenId ? { param: 'login_hint', value: 'email' } : null;
}

/** How the server wants to be asked, with every default. */
export function requestRules(entry: ProviderRecordInput) {
  const headers = Object.entries(entry.token_headers ?? {});
  return {
    authorization_param_names: entry.authorization_param_names ?? {},
    another_account_params: entry.another_account_params ?? {},
    login_hint: loginHint(entry),
    authorization_params_in: entry.authorization_params_in ?? 'query',
    code_field: entry.code_field ?? 'code',
    redirect_parts: entry.redirect_parts ?? [],
    state_in_exchange: entry.state_in_exchange ?? false,
    token_param_names: entry.token_param_names ?? {},
    token_headers: Object.fromEntries(headers.map(([name, value]) => [name, new Secret(value)])),
    dangerously_token_request_in_query: entry.dangerously_token_request_in_query ?? null,
    token_upgrade: tokenCallRule(entry.token_upgrade),
    token_renewal: tokenCallRule(entry.token_renewal),
  } satisfies Partial<OAuthProvider>;
}

/** A template with each combination of the values that the redirect may name; as it is where people fill in a part. */
export function filledParts(
  { redirect_parts = [] }: { readonly redirect_parts?: readonly Pick<RedirectPart, 'name' | 'values'>[] | undefined },
  template: string,
): string[] {
  const names = new Set(placeholderNames(template));
  const parts = redirect_parts.filter(({ name }) => names.has(name));
  if (parts.length === 0 || parts.length < names.size) return [template];
  const combinations = parts.reduce<Record<string, string>[]>(
    (all, { name, values }) => all.flatMap((one) => Object.values(values).map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
  return combinations.map((values) => fillTemplate(template, values)).filter((text) => text !== null);
}
