const atomOf =
  /\\(?:u\{[^}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c[A-Za-z]|[pP]\{[^}]*\}|[0-9]+|k<[^>]*>|.)|\[(?:\\.|[^\]\\])*\]|./gsu;

/** The character that an atom of a pattern stands for, where it is one that may stand in a URL's part; null otherwise. */
function literal(atom: string | undefined): string | null {
  if (atom === undefined) return null;
  const text = /^\\[.\-_]$/.test(atom) ? atom.slice(1) : atom;
  return /^[A-Za-z0-9_-]$/.test(text) || atom === '\\.' ? text : null;
}

const textOf = (atoms: readonly string[]): string | null => {
  const letters = atoms.map(literal);
  return letters.includes(null) ? null : letters.join('');
};

/** The atoms between `^` and `$`. */
const inner = (pattern: string): string[] => (pattern.match(atomOf) ?? []).slice(1, -1);

/** The atoms of each alternative at the top level. */
function alternatives(atoms: readonly string[]): string[][] {
  const all: string[][] = [[]];
  let depth = 0;
  for (const atom of atoms) {
    if (atom === '(') depth += 1;
    if (atom === ')') depth -= 1;
    if (atom === '|' && depth === 0) all.push([]);
    else all.at(-1)?.push(atom);
  }
  return all;
}

/**
 * Every text that a pattern takes, where it lists them: `^us$`, `^(?:us|eu\.fr)$`.
 * @returns null where it takes more, or where that is not plain
 */
export function listedValues(pattern: string): string[] | null {
  const grouped = /^\^\((?:\?:)?(.*)\)\$$/su.exec(pattern)?.[1];
  for (const atoms of [inner(pattern), ...(grouped === undefined ? [] : [grouped.match(atomOf) ?? []])]) {
    const values = alternatives(atoms).map(textOf);
    if (!values.includes(null)) return values.filter((value) => value !== null);
  }
  return null;
}

/** The text in which every value of a pattern ends: `.acme.example` of `^[a-z]+\.acme\.example$`; mostly none. */
export function literalEnd(pattern: string): string {
  const atoms = inner(pattern);
  if (alternatives(atoms).length > 1) return '';
  const last = atoms.findLastIndex((atom) => literal(atom) === null);
  return textOf(atoms.slice(last + 1)) ?? '';
}
