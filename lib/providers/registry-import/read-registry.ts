import { parseDocument } from 'yaml';
import { z } from 'zod';

/** Bytes of a registry file; the largest public one is about a megabyte. */
export const largestFile = 8 * 1024 * 1024;
/** How often YAML's own aliases may be followed in all: each may stand for a large part of the file. */
const mostAliases = 100;

/** A file that is no registry; the message says why. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
}

const text = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const texts = z.record(z.string(), text);

/** A value that the registry asks for before connecting, or learns later. */
const configField = z.looseObject({
  title: z.string().optional(),
  description: z.string().optional(),
  example: text.optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  default_value: text.optional(),
  enum: z.array(text).optional(),
  secret: z.boolean().optional(),
  hidden: z.boolean().optional(),
  automated: z.boolean().optional(),
});

/** The fields of an entry that an import reads. Others are there, too, and are reported. */
const entrySchema = z.looseObject({
  display_name: z.string().optional(),
  auth_mode: z.string(),
  authorization_url: z.string().optional(),
  token_url: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
  refresh_url: z.string().optional(),
  authorization_params: texts.optional(),
  token_params: texts.optional(),
  refresh_params: texts.optional(),
  default_scopes: z.array(z.string()).optional(),
  scope_separator: z.string().optional(),
  authorization_method: z.string().optional(),
  token_request_auth_method: z.string().optional(),
  body_format: z.string().optional(),
  disable_pkce: z.boolean().optional(),
  authorization_url_replacements: z.record(z.string(), z.string()).optional(),
  authorization_url_fragment: z.string().optional(),
  authorization_url_skip_encode: z.array(z.string()).optional(),
  authorization_code_param_in_callback: z.string().optional(),
  alternate_access_token_response_path: z.string().optional(),
  expires_in_unit: z.string().optional(),
  token_response_metadata: z.array(z.string()).optional(),
  redirect_uri_metadata: z.array(z.string()).optional(),
  connection_config: z.record(z.string(), configField).optional(),
});

export type RegistryEntry = z.infer<typeof entrySchema>;
export type ConfigField = z.infer<typeof configField>;

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readYaml(source: string): Map<string, Record<string, unknown>> {
  if (Buffer.byteLength(source) > largestFile) throw new RegistryError('The file is larger than 8 MiB.');
  const document = parseDocument(source, { schema: 'core', uniqueKeys: true, merge: false, stringKeys: true });
  const [error] = document.errors;
  if (error) throw new RegistryError(`The file is not YAML: ${error.code} in line ${error.linePos?.[0].line ?? 0}.`);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: mostAliases });
  } catch {
    throw new RegistryError(`The file has more than ${mostAliases} uses of YAML aliases.`);
  }
  if (!isObject(value)) throw new RegistryError('The file is not a registry: its top has to be a mapping of names.');
  return new Map(
    Object.entries(value).filter((entry): entry is [string, Record<string, unknown>] => isObject(entry[1])),
  );
}

/** The entry, with the entries that it is an `alias` of below it. */
function withAlias(all: Map<string, Record<string, unknown>>, name: string): Record<string, unknown> {
  const chain: Record<string, unknown>[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined; ) {
    const entry = all.get(next);
    if (!entry) throw new RegistryError(`"${name}": its alias "${next}" is not in the file.`);
    if (seen.has(next)) throw new RegistryError(`"${name}": its aliases lead in a circle.`);
    seen.add(next);
    chain.unshift(entry);
    next = typeof entry.alias === 'string' ? entry.alias : undefined;
  }
  const { alias: _, ...merged } = Object.assign({}, ...chain) as Record<string, unknown>;
  return merged;
}

/** A registry as it was read: the entries by name, and the unreadable ones with the reason. */
export interface Registry {
  entries: Map<string, RegistryEntry>;
  faults: Map<string, string>;
}

/**
 * Reads a registry of providers in YAML, in the shape of Nango's `providers.yaml`: a mapping from names to entries.
 * The file is foreign: its size and the use of aliases are bounded, and it can name no types of its own.
 * @throws RegistryError where the file as a whole cannot be read
 */
export function readRegistry(source: string): Registry {
  const all = readYaml(source);
  const registry: Registry = { entries: new Map(), faults: new Map() };
  for (const name of all.keys()) {
    try {
      const parsed = entrySchema.safeParse(withAlias(all, name));
      if (parsed.success) registry.entries.set(name, parsed.data);
      else registry.faults.set(name, `${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      registry.faults.set(name, error.message);
    }
  }
  return registry;
}
