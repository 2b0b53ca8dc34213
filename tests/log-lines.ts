import { conventionalFields, fieldName } from '#lib/log-fields';

/** Names that the code writes, by the names of the line. */
const short = new Map(
  ['error_code', 'method', 'path', 'status', 'ip', 'seconds_served', 'process_id', 'node', 'port'].map(
    (name) => [fieldName(name), name] as const,
  ),
);
const parts = ['type', 'message', 'stack', 'error_code', 'cause', 'errors'];
const ofError = new Map(
  parts.map((part) => {
    const [name = ''] = Object.keys(conventionalFields({ err: { [part]: 'x' } }));
    return [name, part] as const;
  }),
);

/** A line of the log by the short names that the code writes, with the error as `err`. */
export function readLogLine(line: string): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  const err: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(JSON.parse(line) as Record<string, unknown>)) {
    const part = ofError.get(name);
    if (part !== undefined) err[part] = value;
    else read[short.get(name) ?? name.replace(/^grantkeep\./, '')] = value;
  }
  if (Object.keys(err).length === 0) return read;
  const said = Object.entries(read).filter(([name]) => /^provider_|^digest$/.test(name));
  return { ...read, err: { ...err, ...Object.fromEntries(said) } };
}
