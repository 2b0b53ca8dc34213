import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import type { Source } from '#lib/config/written-values';

/** The variables that hold a secret, or a URL with one: each may be given as the path of a file, in a variable with `_FILE` at its end. */
export const secretVariables = [
  ...['SESSION_PASSWORD', 'VAULT_KEYS', 'LEDGER_KEYS', 'DATABASE_URL', 'MIGRATE_DATABASE_URL', 'SMTP_URL'],
  ...['METRICS_TOKEN', 'OTEL_EXPORTER_OTLP_HEADERS', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'],
  ...['IMPORT_DATABASE_URL', 'IMPORT_KEY'],
  ...['GOOGLE', 'GITHUB', 'SALESFORCE', 'OKTA', 'AUTH0'].flatMap((name) => [
    `${name}_CLIENT_SECRET`,
    `${name}_CLIENT_SECRET_PREVIOUS`,
  ]),
] as const;

/** No secret is longer; a path that leads to something else is not read into memory. Bytes. */
const longestSecret = 64 * 1024;

/** Of PROVIDERS_FILE, in bytes; one with every preset is a hundredth of it. */
export const longestFile = 4 * 1024 * 1024;

function whyUnread(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EACCES') return 'may not be read by the user of this process';
  return code ? `cannot be read (${code})` : 'cannot be read';
}

/**
 * The text of a file, without white space and a byte order mark at its ends.
 * @param longest in bytes
 * @throws Error with the end of a sentence that begins with the path
 */
export function readText(path: string, longest: number): string {
  let file: number;
  try {
    // A pipe would else keep the process waiting for its writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new Error(whyUnread(error));
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error('is no file');
    if (stat.size > longest) throw new Error(`is longer than ${longest} bytes`);
    const bytes = readFileSync(file);
    // Each byte that is no UTF-8 would become the same character, and different secrets the same text.
    if (!isUtf8(bytes)) throw new Error('is no text in UTF-8');
    const text = bytes.toString('utf8').trim();
    if (text === '') throw new Error('is empty');
    return text;
  } finally {
    closeSync(file);
  }
}

/**
 * The variables with the secrets that lie in files, as Docker and Kubernetes mount them. One that is given both ways is a
 * fault, since either could be meant.
 * @param names of the variables that may be given so
 * @param faults takes the faults, each with the name of the variable
 */
export function withSecretFiles(source: Source, names: readonly string[], faults: string[]): Source {
  const read: Record<string, string> = {};
  for (const name of names) {
    const path = source[`${name}_FILE`];
    if (path === undefined) continue;
    if (source[name] !== undefined) {
      faults.push(`${name}_FILE: goes without ${name}, which is set too`);
      continue;
    }
    try {
      read[name] = readText(path, longestSecret);
    } catch (error) {
      faults.push(`${name}_FILE: ${path} ${error instanceof Error ? error.message : 'cannot be read'}`);
    }
  }
  return { ...source, ...read };
}

/** The variables that a file of providers names: the values of its fields `…_env`, and of `env` of its headers. */
export function variablesOf(content: unknown): string[] {
  if (typeof content !== 'object' || content === null) return [];
  return Object.entries(content).flatMap(([field, value]) =>
    typeof value === 'string' ? (/(?:^|_)env$/.test(field) ? [value] : []) : variablesOf(value),
  );
}
