import { readFileSync } from 'node:fs';
import { type Config, parseConfig } from '#lib/config/config';
import { secretVariables, variablesOf } from '#lib/config/secret-files';

type Source = Readonly<Record<string, string | undefined>>;

/** The variables that PROVIDERS_FILE names; none of a file that cannot be read, which the next look finds again. */
function variablesInFile(path: string | undefined): string[] {
  if (!path) return [];
  try {
    return variablesOf(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return [];
  }
}

/** The paths of the files that hold configuration: PROVIDERS_FILE, and each secret that lies in a file. */
export function configurationFiles(variables: Source = process.env): string[] {
  const names = new Set([...secretVariables, ...variablesInFile(variables.PROVIDERS_FILE)]);
  const paths = [variables.PROVIDERS_FILE, ...[...names].map((name) => variables[`${name}_FILE`])];
  return paths.filter((path) => path !== undefined && path.trim() !== '') as string[];
}

/** Parses the configuration anew from the variables of this process, which stay, and the files that they name, which may change. */
export const rereadConfig = (): Config => parseConfig(process.env);
