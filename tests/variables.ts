import { ConfigError, parseConfig } from '#lib/config/config';

/** 32 bytes in base64, as keys are written. */
export const key = Buffer.alloc(32, 7).toString('base64');
export const password = 'p'.repeat(32);
/** The least that a hub on loopback needs, and one that people reach. */
export const local = { APP_URL: 'http://localhost:3000', SESSION_PASSWORD: password, VAULT_KEYS: `k1:${key}` };
export const remote = { ...local, APP_URL: 'https://connect.example.com', SIGN_IN_ALLOW: 'google:@example.com' };

export type Variables = Record<string, string | undefined>;

/** The faults of a configuration, each as the operator reads it; none where it is accepted. */
export function faultsOf(variables: Variables): readonly string[] {
  try {
    parseConfig(variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
}
