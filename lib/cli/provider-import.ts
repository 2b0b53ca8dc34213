import { readFileSync, statSync } from 'node:fs';
import { UsageError } from '#lib/cli/arguments';
import { visible } from '#lib/cli/visible';
import { importRegistry } from '#lib/providers/registry/import-registry';
import { largestFile, RegistryError } from '#lib/providers/registry/read-registry';

export interface ProviderImport {
  file: string;
  /** Entries of the file; without any, all that use the authorization code. */
  names: readonly string[];
  /** One document with the records and the report, instead of the records alone. */
  json: boolean;
}

/** What goes to standard output and to standard error, and whether every entry that was named has a record. */
export interface ProviderImportOutput {
  output: string;
  report: string;
  complete: boolean;
}

function readSource(file: string): string {
  try {
    if (statSync(file).size > largestFile) throw new RegistryError('The file is larger than 8 MiB.');
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new UsageError(`The file ${file} cannot be read.`, { cause });
  }
}

/** Texts of a foreign file, as a terminal may show them: without what moves its cursor or turns its letters round. */
const plain = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');

/**
 * Prints records for PROVIDERS_FILE from a registry of another hub, and what they lost. Needs no configuration.
 * @throws UsageError, RegistryError
 */
export function providerImport({ file, names, json }: ProviderImport): ProviderImportOutput {
  const { records, lines } = importRegistry(readSource(file), names);
  const print = (value: unknown) => `${visible(JSON.stringify(value, null, 2))}\n`;
  const sentences = lines.map(({ provider, field, part, kind, message }) =>
    plain(`${provider}: ${field} (${part}, ${kind}): ${message}`),
  );
  return {
    output: json ? print({ records, report: lines }) : print(records),
    report: json ? '' : sentences.map((sentence) => `${sentence}\n`).join(''),
    complete: records.length >= new Set(names).size,
  };
}
