import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { describeMachine } from './machine.ts';
import { openStage, type Stage } from './stage.ts';
import { formatTable, type Table } from './table.ts';

/** Sizes and durations, each a number or a list of numbers. */
type Parameters = Record<string, number | readonly number[]>;

/** Something to reach, and whether this run reached it. */
export interface Goal {
  goal: string;
  value: number;
  reached: boolean;
}

export interface Findings {
  tables: readonly Table[];
  goals: readonly Goal[];
  /** What goes into the result file beside the machine and the parameters. */
  results: Record<string, unknown>;
}

/** A benchmark that the command line can start. */
export interface Benchmark {
  about: string;
  /** Runs it with the parameters that the arguments change, prints its tables and writes its result file. */
  start(name: string, args: readonly string[]): Promise<void>;
}

/**
 * Makes a benchmark of its default sizes (`full`, those of the published figures), of sizes that show within a minute
 * or so that it works (`quick`), and of what it does.
 */
export function defineBenchmark<P extends Parameters>(given: {
  about: string;
  full: P;
  quick: P;
  run(parameters: P, stage: Stage): Promise<Findings>;
}): Benchmark {
  return {
    about: given.about,
    start: async (name, args) => {
      const { quick, parameters } = readParameters(given, args);
      const machine = describeMachine();
      const stage = await openStage();
      try {
        const { tables, goals, results } = await given.run(parameters, stage);
        for (const table of tables) console.log(`\n${formatTable(table)}`);
        if (goals.length > 0) console.log(`\n${formatTable(goalTable(goals))}`);
        console.log(`\n${JSON.stringify(machine)}`);
        const command = ['npm run bench --', name, ...args].join(' ');
        const report = { name, date: new Date().toISOString(), command, quick, machine, parameters, ...results, goals };
        mkdirSync('bench/results', { recursive: true });
        writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(report, null, 2)}\n`);
        console.log(`bench/results/${name}.json is written.`);
        if (quick) console.log('Quick sizes show that the benchmark works; their figures say nothing.');
      } finally {
        await stage.close();
      }
    },
  };
}

function goalTable(goals: readonly Goal[]): Table {
  return {
    title: 'To reach',
    columns: ['goal', 'value', 'reached'],
    rows: goals.map(({ goal, value, reached }) => [goal, value, reached ? 'yes' : 'NO']),
  };
}

/** `--quick` takes the small sizes; `--rows 5000` and `--connections 32,256` change single ones. */
export function readParameters<P extends Parameters>(
  sizes: { full: P; quick: P },
  args: readonly string[],
): { quick: boolean; parameters: P } {
  const names = Object.keys(sizes.full);
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      ...Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
    },
  });
  const base = values.quick ? sizes.quick : sizes.full;
  const changed = Object.fromEntries(
    names.flatMap((name) => {
      const text = (values as Record<string, unknown>)[name];
      if (typeof text !== 'string') return [];
      const numbers = text.split(',').map(Number);
      const list = Array.isArray(base[name]);
      if (numbers.some((number) => !(number > 0)) || (!list && numbers.length !== 1)) {
        throw new Error(`--${name} takes ${list ? 'numbers with commas between them' : 'a number'} above 0.`);
      }
      return [[name, list ? numbers : numbers[0]]];
    }),
  );
  return { quick: values.quick === true, parameters: { ...base, ...changed } };
}
