import { closeSync, openSync, readSync } from 'node:fs';
import { UsageError } from '#lib/cli/invocation';
import { visible } from '#lib/cli/visible';
import { importRegistry } from '#lib/providers/registry-import/import-registry';
import { largestFile, RegistryError } from '#lib/providers/registry-import/read-registry';

export interface ProviderImport {
  /** A path, or `-` for standard input. */
  file: string;
  /** Entries of the file; without any, all that use the authorization code. */
  names: readonly string[];
  /** One document with the records and the report, instead of the records alone. */
  json: boolean;
}

/** The texts for standard output and standard error, and whether every named entry has a record. */
export interface ProviderImportOutput {
  output: string;
  report: string;
  complete: boolean;
}

/** At most one byte more than a registry may have, since pipes and devices do not say how much they hold. */
function readBytes(file: string): Buffer {
  const descriptor = file === '-' ? 0 : openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(largestFile + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
}

function readSource(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytes(file);
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be read.`, { cause });
  }
  if (bytes.length > largestFile) throw new RegistryError('The file is larger than 8 MiB.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new RegistryError('The file is not UTF-8.', { cause });
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
