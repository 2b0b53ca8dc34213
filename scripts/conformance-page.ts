import { type Clause, clauseStates, type Specification, stateWords, type TestName } from '#lib/conformance/clause';
import { countStates, partsOf } from '#lib/conformance/list';
import { type ConformanceResults, resultsFile, type TestResult } from '#lib/conformance/results';
import { specifications } from '#lib/conformance/specifications';

const resultWords: Record<TestResult, string> = {
  passed: 'passed',
  failed: '**failed**',
  did_not_run: '**did not run**',
};
const code = (text: string) => `\`${text.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;

function testCell(name: TestName, results: ConformanceResults | null): string {
  const { file, title } = partsOf(name);
  const result = results?.tests[name];
  return `${code(file)}: ${code(title)}${result ? ` (${resultWords[result]})` : ''}`;
}

function clauseRow(clause: Clause, results: ConformanceResults | null): string {
  const state = clause.state === 'met' ? stateWords.met : `**${stateWords[clause.state]}**`;
  return row([
    clause.id,
    `${clause.level.toUpperCase()}. ${clause.asks}`,
    clause.reason ? `${state}. ${clause.reason}` : state,
    (clause.code ?? []).map(code).join('<br>'),
    (clause.tests ?? []).map((name) => testCell(name, results)).join('<br>'),
  ]);
}

const section = (one: Specification, results: ConformanceResults | null): string[] => [
  `## ${one.name}: ${one.title}`,
  '',
  `<${one.url}>`,
  '',
  one.scope,
  '',
  row(['Clause', 'It asks', 'State', 'Where', 'Proved by']),
  '|---|---|---|---|---|',
  ...one.clauses.map((clause) => clauseRow(clause, results)),
  '',
];

function runWords(results: ConformanceResults | null): string {
  if (!results) return 'The last results of the tests are not known here: no whole run of `npm test` wrote them.';
  const at = `${results.at.slice(0, 16).replace('T', ' ')} UTC`;
  const commit = results.commit ? ` at commit ${code(results.commit)}` : '';
  return `The results are of the whole run of ${at}${commit}${results.changed ? ', with changes that no commit has' : ''}.`;
}

/** docs/conformance.md, made of the map and of the results of the last whole run. */
export function conformancePage(results: ConformanceResults | null): string {
  const total = countStates(specifications.flatMap(({ clauses }) => clauses));
  return [
    '# Conformance',
    '',
    'Each clause that binds this product, in our own words, with its code and the tests that prove it. The page *Admin*,',
    '*Conformance* shows the same. `node scripts/write-conformance-page.ts` writes this page anew from `lib/conformance`.',
    '',
    '- **Met**: the code does it, and the named tests prove it.',
    '- **Partly met**: a part is missing, or no test proves the whole. The reason says which part.',
    '- **Not met**: the hub does not do it. The reason says why.',
    '- **Not ours**: the operator, the provider or the calling service has to do it.',
    '',
    `A test fails where a row names a file, a declaration or a test that does not exist. A whole run of \`npm test\` fails`,
    `where a named test did not run, and writes the results into ${code(resultsFile)}.`,
    '',
    runWords(results),
    '',
    row(['Specification', ...clauseStates.map((state) => stateWords[state])]),
    `|---|${clauseStates.map(() => '---:|').join('')}`,
    ...specifications.map(({ name, title, clauses }) => {
      const counts = countStates(clauses);
      return row([`${name}: ${title}`, ...clauseStates.map((state) => counts[state])]);
    }),
    row(['All together', ...clauseStates.map((state) => total[state])]),
    '',
    ...specifications.flatMap((one) => section(one, results)),
  ].join('\n');
}
