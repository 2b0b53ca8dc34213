import { type Config, parseConfig } from '#lib/config/config';
import { longestFile, readText, secretVariables, variablesOf } from '#lib/config/secret-files';
import { type Source, writtenValues } from '#lib/config/written-values';

/** The variables that PROVIDERS_FILE names; none of a file that cannot be read, which the next look finds again. */
function variablesInFile(path: string | undefined): string[] {
  if (!path) return [];
  try {
    return variablesOf(JSON.parse(readText(path, longestFile)));
  } catch {
    return [];
  }
}

/** The paths of the files that hold configuration: PROVIDERS_FILE, and each secret that lies in a file. */
export function configurationFiles(variables: Source = process.env): string[] {
  const written = writtenValues(variables);
  const names = new Set([...secretVariables, ...variablesInFile(written.PROVIDERS_FILE)]);
  return [written.PROVIDERS_FILE, ...[...names].map((name) => written[`${name}_FILE`])].flatMap((path) => path ?? []);
}

/** Parses the configuration anew from the variables of this process, which stay, and the files that they name, which may change. */
export const rereadConfig = (): Config => parseConfig(process.env);
