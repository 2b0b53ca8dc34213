export type Source = Readonly<Record<string, string | undefined>>;

/**
 * The variables that are set, without white space at their ends: `echo`, an editor or a file of another system adds a line
 * break or a byte order mark. An empty one counts as not set, since compose files and CI write them so.
 */
export function writtenValues(variables: Source): Source {
  // Node takes the mark at the beginning of `.env` for a part of the first name.
  const trimmed = Object.entries(variables).map(([name, value]) => [name.trim(), value?.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value));
}

/** Ends a sentence that begins with the variable, where the value has what its writer did not mean; else null. */
function writtenFault(value: string): string | null {
  // Docker and Kubernetes keep the quotes, where a shell takes them away.
  if (/^(["']).*\1$/s.test(value)) return 'stands in quotes, which are a part of the value here: leave them out';
  // A list may have a line for each entry.
  return /\p{Cc}/u.test(value.replace(/,\s+/g, ',')) ? 'has a line break or another control character in it' : null;
}

/** The variables that are miswritten, each with its fault, which names the variable, or the one that names its file. No values. */
export const writtenFaults = (source: Source, names: readonly string[]): [name: string, fault: string][] =>
  names.flatMap((name) => {
    const fault = writtenFault(source[name] ?? '');
    const at = source[`${name}_FILE`] === undefined ? name : `${name}_FILE`;
    return fault === null ? [] : [[name, `${at}: ${fault}`]];
  });
