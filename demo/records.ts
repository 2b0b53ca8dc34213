import type { Namesake } from '#demo/namesake';
import type { DemoServer } from '#demo/server';
import type { DemoProviderId } from '#demo/switches';

/** One provider in the format of `PROVIDERS_FILE`, in the field names of RFC 8414 and RFC 7591. */
export interface ProviderRecordInput {
  id: DemoProviderId;
  name: string;
  preset: string;
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  revocation_endpoint?: string;
  introspection_endpoint?: string;
  userinfo_endpoint?: string;
  jwks_uri?: string;
  client_id: string;
  client_secret: string;
  token_endpoint_auth_method: string;
  scopes: string[];
  sign_in: boolean;
  connect: boolean;
  failure_scenarios: boolean;
  drill_consent: Record<string, string | string[]>[];
  trusted_email?: boolean;
  identity?: { endpoint: string; emails_endpoint: string };
  url_field_hosts?: Record<string, string[]>;
}

/** What a namesake's preset cannot know of a server on loopback. */
function atLoopback(id: DemoProviderId, url: string): Partial<ProviderRecordInput> {
  if (id === 'github') return { identity: { endpoint: `${url}/api/user`, emails_endpoint: `${url}/api/user/emails` } };
  if (id === 'salesforce') return { url_field_hosts: { instance_url: ['localhost'] } };
  return {};
}

/** What the pages of `demo/interaction.ts` take from the account that revocation drills use. */
function drillConsent({ signInOnly, granular, recordScopes }: Namesake): Record<string, string | string[]>[] {
  const account = { account: 'revocation-drill@example.com' };
  if (signInOnly) return [account];
  return [account, { decision: 'allow', ...(granular ? { scope: [...recordScopes] } : {}) }];
}

/** What the app is told about a running demo server: its namesake's preset at loopback endpoints. */
export function providerRecord(namesake: Namesake, server: DemoServer): ProviderRecordInput {
  const at = (path: string | undefined) => (path ? `${server.url}${path}` : undefined);
  const { routes } = namesake;
  const github = namesake.id === 'github';
  const optional = {
    revocation_endpoint: github ? at(`/api/applications/${server.clientId}/token`) : at(routes.revocation),
    introspection_endpoint: at(routes.introspection),
    userinfo_endpoint: github ? at('/api/user') : at(routes.userinfo),
    jwks_uri: github ? undefined : at(routes.jwks),
  };
  return {
    id: namesake.id,
    name: namesake.title,
    preset: namesake.id === 'demo' ? 'oidc' : namesake.id,
    issuer: server.issuer,
    authorization_endpoint: server.url + routes.authorization,
    token_endpoint: server.url + routes.token,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    client_id: server.clientId,
    client_secret: server.clientSecret,
    token_endpoint_auth_method: String(namesake.clientAuth),
    scopes: [...namesake.recordScopes],
    sign_in: namesake.signInOnly,
    connect: !namesake.signInOnly,
    failure_scenarios: true,
    drill_consent: drillConsent(namesake),
    ...(namesake.signInOnly ? { trusted_email: true } : {}),
    ...atLoopback(namesake.id, server.url),
  };
}
