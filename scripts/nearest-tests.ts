import { matchesGlob, posix } from 'node:path';

/** The tests that a change touches. */
export interface Touched {
  /** Those to run, the nearest first. */
  nearest: string[];
  /** How many more import what changed, but from further away. */
  further: number;
}

/** A minute or two of them. */
const most = 20;
/** Many files name a document; tests and what they check read it. */
const mostStepsFromDocument = 2;
const isTest = (file: string) => /\.test\.tsx?$/.test(file);

/**
 * Finds the tests that read what changed: by imports, by a path that they name (a document, a script that they start) or
 * by a pattern of paths. Those that are fewest steps away come first, since a core file is imported by nearly all.
 * @param changed paths from the project's root
 * @param sources the text of every source file, by its path from the project's root
 * @param aliases the `imports` of package.json
 */
export function nearestTests(
  changed: readonly string[],
  sources: ReadonlyMap<string, string>,
  aliases: Readonly<Record<string, string>>,
): Touched {
  const readers = new Map<string, Set<string>>();
  const add = (read: string, reader: string) => readers.set(read, (readers.get(read) ?? new Set()).add(reader));
  for (const [file, text] of sources)
    for (const named of stringsOf(text)) {
      if (named.includes('*')) {
        // Only a test reads what a pattern finds: `'lib/**'` in a setting says nothing about a single file.
        if (isTest(file)) for (const one of changed) if (matchesGlob(one, named)) add(one, file);
      } else for (const path of pathsOf(file, named, aliases)) add(path, file);
    }
  const isDocument = (file: string) => file.endsWith('.md');
  const steps = spread(changed.filter(isDocument), readers, mostStepsFromDocument);
  for (const [file, step] of spread(
    changed.filter((file) => !isDocument(file)),
    readers,
  ))
    steps.set(file, Math.min(step, steps.get(file) ?? step));
  const folders = new Set(changed.map((file) => posix.dirname(file)));
  const rank = (file: string) => (steps.get(file) ?? 0) + (folders.has(posix.dirname(file)) ? 0 : 0.5);
  const found = [...steps.keys()].filter((file) => isTest(file) && sources.has(file));
  found.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  return { nearest: found.slice(0, most), further: Math.max(0, found.length - most) };
}

/** How many steps away each file is that reads one of these, or reads one that does. */
function spread(
  from: readonly string[],
  readers: ReadonlyMap<string, ReadonlySet<string>>,
  farthest = Number.POSITIVE_INFINITY,
): Map<string, number> {
  const steps = new Map(from.map((file) => [file, 0]));
  for (const [file, step] of steps)
    if (step < farthest && (step === 0 || !isTest(file)))
      for (const reader of readers.get(file) ?? []) if (!steps.has(reader)) steps.set(reader, step + 1);
  return steps;
}

/** What stands in quotes, but for imports of types, which leave nothing at run time. */
function stringsOf(text: string): string[] {
  const running = text.replace(/^(?:import|export) type [^;]*;$/gm, '');
  return [...running.matchAll(/['"`]([\w@#./*{},-]+)['"`]/g)].map(([, named = '']) => named);
}

/** The files that a string may stand for. */
function pathsOf(file: string, named: string, aliases: Readonly<Record<string, string>>): string[] {
  if (named.startsWith('#'))
    return Object.entries(aliases).flatMap(([alias, path]) =>
      named.startsWith(alias.slice(0, -1)) ? [posix.normalize(path.replace('*', named.slice(alias.length - 1)))] : [],
    );
  return named.startsWith('.') ? [posix.join(posix.dirname(file), named)] : [named];
}
