import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clause, Specification } from '#lib/conformance/clause';
import { partsOf } from '#lib/conformance/list';
import { fixedParts } from '#scripts/conformance-results';

/** A shorter beginning of a title would find tests of something else. */
const SHORTEST_TITLE = 5;

/** Each thing that a row of the map names and that is not in the repository at `root`, in a sentence. */
export function conformanceFaults(specifications: readonly Specification[], root: string): string[] {
  const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : null);
  return specifications.flatMap(({ id, clauses }) => [
    ...clauses
      .map((clause) => clause.id)
      .filter((one, at, all) => all.indexOf(one) !== at)
      .map((one) => `${id}: ${one} is there twice`),
    ...clauses.flatMap((clause) =>
      [...codeFaults(clause, read), ...testFaults(clause, read)].map((fault) => `${id} ${clause.id}: ${fault}`),
    ),
  ]);
}

type Read = (file: string) => string | null;

function codeFaults({ code = [] }: Clause, read: Read): string[] {
  return code.flatMap((place) => {
    const [file = '', symbol] = place.split('#');
    const text = read(file);
    if (text === null) return [`no file ${file}`];
    if (symbol === undefined) return [];
    const declared = new RegExp(`\\b(?:function\\*?|const|class|interface|type) ${symbol}\\b`);
    return declared.test(text) ? [] : [`no ${symbol} in ${file}`];
  });
}

function testFaults({ tests = [] }: Clause, read: Read): string[] {
  return tests.flatMap((name) => {
    const { file, title } = partsOf(name);
    const text = read(file)?.replaceAll("\\'", "'");
    if (text === undefined) return [`no file ${file}`];
    if (fixedParts(title).join('').length < SHORTEST_TITLE) return [`“${title}” is too short to name a test`];
    if (!["'", '"', '`'].some((quote) => text.includes(quote + title))) return [`no test “${title}” in ${file}`];
    return /\.(?:skip|todo|fixme|fails|skipIf|runIf)\b *[(.]/.test(text) ? [`${file} skips tests`] : [];
  });
}
