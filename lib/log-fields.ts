/**
 * The names of a line's fields, by OpenTelemetry's conventions. Code writes short names; the line has attributes, as
 * spans have. `time`, `level` and `event` are no attributes: a record of OpenTelemetry has places for them.
 */
const conventional: Readonly<Record<string, string>> = {
  event: 'event',
  level: 'level',
  time: 'time',
  msg: 'msg',
  error_code: 'error.type',
  method: 'http.request.method',
  path: 'url.path',
  status: 'http.response.status_code',
  ip: 'client.address',
  seconds_served: 'http.server.request.duration',
  process_id: 'process.pid',
  node: 'process.runtime.version',
  port: 'server.port',
};

/** Parts of an error, by the names of the conventions where they have one. */
const ofException: Readonly<Record<string, string>> = {
  type: 'exception.type',
  message: 'exception.message',
  stack: 'exception.stacktrace',
  error_code: 'exception.code',
  cause: 'exception.cause',
  errors: 'exception.errors',
};

/** The names that our code writes are few; those of a child logger or a library's object may be any number. */
const mostKnown = 1000;
const known = new Map<string, string>(Object.entries(conventional));

/** A name of ours as the line has it: what the conventions do not name stands under the product's name. */
export function fieldName(name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const made = `grantkeep.${name}`;
  if (known.size < mostKnown) known.set(name, made);
  return made;
}

/** An error's parts beside the other fields; `error.type` is its code, unless the line has one of its own. */
function addException(fields: Record<string, unknown>, error: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(error)) fields[ofException[name] ?? fieldName(name)] = value;
  fields['error.type'] ??= error.error_code ?? error.type;
}

/** The fields of a line as they are written. */
export function conventionalFields(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const { err, ...others } = given;
  for (const name of Object.keys(others)) fields[fieldName(name)] = others[name];
  if (typeof err === 'object' && err !== null) addException(fields, err as Record<string, unknown>);
  else if (err !== undefined) fields['exception.message'] = err;
  return fields;
}
