import type { CheckResult } from '#lib/db/schema/provider-checks';

export type { CheckResult };

/** Everything that is checked, in the order in which it is told, each with its name in words. */
export const checkNames = {
  name: 'Host name',
  connection: 'Connection',
  certificate: 'Certificate',
  metadata: 'Metadata',
  issuer: 'Issuer',
  record: 'Record and metadata',
  authorization_endpoint: 'Authorization endpoint',
  redirect_uri: 'Redirect URI',
  pkce: 'PKCE',
  iss: 'Issuer in the answer',
  token_endpoint: 'Token endpoint',
  client_authentication: 'Client authentication',
  previous_secret: 'Previous client secret',
  revocation_endpoint: 'Revocation endpoint',
  introspection_endpoint: 'Introspection endpoint',
  identity: 'Identity',
  jwks: 'Keys of the server',
  clock: 'Clock',
} as const;

export type CheckId = keyof typeof checkNames;
const order = Object.keys(checkNames);

/** The findings of a check, before they are bounded and scrubbed. */
export interface Finding {
  check: CheckId;
  result: CheckResult['result'];
  lookedAt: string;
  found: string;
  mend?: string | undefined;
  recordLine?: string | undefined;
}

/** Results in the order of the names; those of one check in the order in which they came. */
export const inOrder = (results: readonly CheckResult[]): CheckResult[] =>
  results.toSorted((a, b) => order.indexOf(a.check) - order.indexOf(b.check));

export interface CheckCounts {
  passes: number;
  fails: number;
  unknown: number;
}

export function countResults(results: readonly CheckResult[]): CheckCounts {
  const count = (result: CheckResult['result']) => results.filter((one) => one.result === result).length;
  return { passes: count('passes'), fails: count('fails'), unknown: count('unknown') };
}
