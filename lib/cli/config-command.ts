import { type Config, ConfigError, getConfig } from '#lib/config/config';
import { buildCatalog } from '#lib/providers/catalog';

/** A fault of the configuration; `at` is the variable, or PROVIDERS_FILE. */
export interface ConfigFault extends Record<string, unknown> {
  at: string;
  fault: string;
}

const toFault = (text: string): ConfigFault => {
  const end = text.indexOf(': ');
  return end < 0 ? { at: '', fault: text } : { at: text.slice(0, end), fault: text.slice(end + 2) };
};

/**
 * Checks the configuration as the start does, without starting: variables, the files they name, and the rules between
 * providers. It opens no database and sends no request. Answers each fault, or one line with the providers it found. Never
 * a secret.
 */
export function checkConfig(read: () => Config = getConfig): {
  ok: boolean;
  lines: Record<string, unknown>[];
} {
  try {
    const config = read();
    const catalog = buildCatalog({ builtin: config.builtinProviders, file: config.providersFile });
    const line = {
      ok: true,
      app_url: config.appUrl.origin,
      database: config.databaseUrl ? 'postgresql' : 'embedded',
      providers: catalog.list().map(({ id }) => id),
      sign_in: catalog.signIn().map(({ id }) => id),
    };
    return { ok: true, lines: [line] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ok: false, lines: error.faults.map(toFault) };
  }
}
