import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createApi } from '#lib/api/app';
import { environmentSchema } from '#lib/config/environment';
import { sentencesOf, wordsIn } from '#tests/sentences';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const variables = Object.keys(environmentSchema.shape).sort();
const pages = globSync(['*.md', 'docs/**/*.md', '{bench,demo,examples,sdk,tests}/*.md'], { cwd: root });

/** Every name that stands as the first cell of a row of the table in docs/configuration.md. */
function tableVariables(): string[] {
  const section =
    read('docs/configuration.md')
      .split(/^## /m)
      .find((part) => part.startsWith('All variables')) ?? '';
  const cells = section.split('\n').map((line) => /^\|([^|]+)\|/.exec(line)?.[1] ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(([, name]) => String(name))).sort();
}

/** The anchors that a page's headings have, the way GitHub makes them. */
function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) =>
    String(heading)
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

function brokenLinks(page: string): string[] {
  const text = read(page).replace(/```[\s\S]*?```/g, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => String(target))
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(root, file))) return true;
      return anchor !== undefined && !anchors(read(file)).includes(anchor);
    });
}

test('.env.example names every variable that the product reads, and no other', () => {
  const named = [...read('.env.example').matchAll(/^([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect(named.toSorted()).toEqual(variables);
});

test('each variable of .env.example is explained on the line above it', () => {
  const lines = read('.env.example').split('\n');
  const bare = lines.filter((line, at) => /^[A-Z][A-Z0-9_]+=/.test(line) && !/^# \S/.test(lines[at - 1] ?? ''));
  expect(bare).toEqual([]);
});

test('.env.example writes the defaults as they are', () => {
  const written = Object.fromEntries(
    [...read('.env.example').matchAll(/^([A-Z0-9_]+)=(.+)$/gm)].map(([, k, v]) => [k, v]),
  );
  const schema = environmentSchema.omit({ APP_URL: true, SESSION_PASSWORD: true, VAULT_KEYS: true });
  expect(schema.parse(written)).toEqual(schema.parse({}));
});

test('the table of docs/configuration.md names every variable once, and no other', () => {
  expect(tableVariables()).toEqual(variables);
});

test.each(pages)('the relative links of %s lead somewhere', (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

/** Words that hide the actor. Names of tests, which docs/security.md quotes, are not prose. */
const hidden = /\b(?:whoever|nobody|what is|those that|whose)\b/i;
test.each(pages)('the sentences of %s are short, and name their actor', (page) => {
  const sentences = sentencesOf(read(page).split('## Which tests hold this')[0] ?? '');
  // Cells and labels are short by themselves: they must not make up for long sentences.
  const whole = sentences.filter((sentence) => /[.!?:;]["”)*]*$/.test(sentence));
  const words = whole.reduce((sum, sentence) => sum + wordsIn(sentence), 0);
  expect(words / whole.length).toBeLessThanOrEqual(20);
  expect(sentences.filter((sentence) => wordsIn(sentence) > 45)).toEqual([]);
  expect(sentences.filter((sentence) => hidden.test(sentence))).toEqual([]);
});

test('the glossary has each word once, and no page says brake for freeze', () => {
  const words = [...read('docs/glossary.md').matchAll(/^\| (?!Word )([^|]+) \| [A-Z]/gm)].map(([, word]) =>
    String(word),
  );
  expect(words.filter((word, at) => words.indexOf(word) !== at)).toEqual([]);
  expect(words.length).toBeGreaterThan(50);
  const others = pages.filter(
    (page) => page !== 'CHANGELOG.md' && sentencesOf(read(page)).some((text) => /\bbrakes?\b/i.test(text)),
  );
  expect(others).toEqual([]);
});

test('comments of lib and app name their actor', () => {
  const vague = /\b(?:whoever|nobody|what is|those that|whose|none of them|any other)\b/i;
  const comment = /^\s*(?:\/\/|\{?\/\*\*?|\*) .*|(?<=[;,{)\]}] +)\/\/ .*/;
  const found = globSync('{lib,app}/**/*.{ts,tsx}', { cwd: root }).flatMap((file) =>
    read(file)
      .split('\n')
      .map((line) => comment.exec(line)?.[0].trim() ?? '')
      .filter((text) => vague.test(text))
      .map((text) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});

test('the README is short enough to be read', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(151);
});

test('each decision has its number, its three parts and its line in the list', () => {
  const files = globSync('*.md', { cwd: join(root, 'docs/decisions'), exclude: ['README.md'] }).sort();
  const list = read('docs/decisions/README.md');
  const faulty = files.filter((file, at) => {
    const text = read(`docs/decisions/${file}`);
    const parts = [...text.matchAll(/^## (.+)$/gm)].map(([, name]) => name).join();
    const title = /^# (.+)$/m.exec(text)?.[1];
    const numbered = file.startsWith(`${String(at + 1).padStart(4, '0')}-`);
    return !(numbered && parts === 'Context,Decision,Consequences' && list.includes(`- [${title}](${file})`));
  });
  expect(faulty).toEqual([]);
});

test('each decision has a status with its date, and a replaced one names its successor in the list too', () => {
  const list = read('docs/decisions/README.md');
  const accepted =
    /^(?:Replaced by \[decision \d+\]\((?<by>\d{4}[\w-]+\.md)\)\. )?Accepted(?: first)?, \d{4}-\d\d-\d\d\./;
  const faulty = globSync('0*.md', { cwd: join(root, 'docs/decisions') }).filter((file) => {
    const status = accepted.exec(/^# .+\n\n\*\*Status:\*\* (.+)$/m.exec(read(`docs/decisions/${file}`))?.[1] ?? '');
    const by = status?.groups?.by;
    const successor = by && existsSync(join(root, 'docs/decisions', by)) ? read(`docs/decisions/${by}`) : '';
    const line = list.split('\n').find((item) => item.includes(`(${file})`)) ?? '';
    const isNamed =
      by !== undefined && successor.includes(`(${file})`) && line.endsWith(`replaced by ${by.slice(0, 4)}`);
    return !status || (by === undefined ? line.includes('replaced by') : !isNamed);
  });
  expect(faulty).toEqual([]);
});

test('Node has one major version in .nvmrc and in the packages, and CI calls what everybody calls', () => {
  const packages = JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> };
  const majors = Object.values(packages.optionalDependencies).map((version) => version.split('.')[0]);
  expect(new Set(majors)).toEqual(new Set([read('.nvmrc').trim()]));
  expect(read('.github/workflows/test.yml')).toMatch(/^ +- run: npm test$/m);
  expect(read('.ci/run')).toMatch(/^exec npm test$/m);
});

test('the map of the architecture names every file of the rooms around a connection, and none that is not there', () => {
  const map = /## The rooms around a connection([\s\S]*?)\n## /.exec(read('docs/architecture.md'))?.[1] ?? '';
  const named: string[] = [];
  let room = '';
  for (const [, first = '', files = ''] of map.matchAll(/^\| (.*?) ?\| [^|]+ \| (.+) \|$/gm)) {
    room = /`(lib\/[a-z-]+)`/.exec(first)?.[1] ?? room;
    named.push(...[...files.matchAll(/`([a-z-]+)`/g)].map(([, name]) => `${room}/${name}.ts`));
  }
  const rooms = [...new Set(named.map((file) => file.slice(4, file.lastIndexOf('/'))))];
  expect(rooms.length).toBeGreaterThan(5);
  const files = globSync(`lib/{${rooms.join(',')}}/*.ts`, { cwd: root, exclude: ['**/*.test.ts'] });
  expect(named.toSorted()).toEqual(files.toSorted());
});

test('every path that docs/changing-something.md, CONTRIBUTING and the glossary name exists', () => {
  const named = ['docs/changing-something.md', 'docs/glossary.md', 'CONTRIBUTING.md'].flatMap((page) => [
    ...[...read(page).matchAll(/`((?:app|bench|demo|docs|drizzle|e2e|lib|scripts|tests)\/[^`\s]+)`/g)].map(([, path]) =>
      String(path),
    ),
    ...[...read(page).matchAll(/^npx vitest run.* (\S+\/\S+?)(?: +#.*)?$/gm)].map(([, path]) => String(path)),
  ]);
  expect(named.length).toBeGreaterThan(40);
  const absent = named.filter(
    (path) => !existsSync(join(root, path)) && globSync(`${path}*`, { cwd: root }).length === 0,
  );
  expect(absent).toEqual([]);
});

test('every path of the machine API that the documents name is in the OpenAPI document', () => {
  const api = createApi(() => Promise.reject(new Error('no request is made')));
  const known = Object.keys(
    api.getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } }).paths ?? {},
  );
  // Shell variables and examples stand where the document has its parameter.
  const named = pages.flatMap((page) =>
    [...read(page).matchAll(/\/api\/v1(\/[\w${}./-]*[\w}])/g)].map(([, path]) =>
      `/api/v1${path}`.replace(/\/(connections|connect-sessions)\/(?:\$?\{?\w+\}?)/, '/$1/{id}'),
    ),
  );
  expect(named.length).toBeGreaterThan(3);
  expect(named.filter((path) => path !== '/api/v1/openapi.json' && !known.includes(path))).toEqual([]);
});

/** The rows of the last table of docs/security.md, each with the part that it belongs to. */
function claims(): { part: string; file: string; name: string }[] {
  const table = read('docs/security.md').split('## Which tests hold this')[1] ?? '';
  let last = '';
  return table
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
    .map((line) => {
      const [, part = '', , file = '', name = ''] = line.split('|').map((cell) => cell.trim());
      last = part === '' ? last : part;
      return { part: last, file: file.replaceAll('`', ''), name };
    });
}

test('each claim of docs/security.md names a test file, and a name in it, that are there', () => {
  const absent = claims().filter(({ file, name }) => {
    const begins = ["'", '"', '`'].map((quote) => quote + name);
    return name === '' || !existsSync(join(root, file)) || !begins.some((text) => read(file).includes(text));
  });
  expect(claims().length).toBeGreaterThan(90);
  expect(absent).toEqual([]);
});

test('each part of docs/security.md has claims in its table, and names no other test', () => {
  const [text = ''] = read('docs/security.md').split('## Which tests hold this');
  const parts = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => String(heading));
  const withoutClaims = ['What is worth stealing', 'What it does not defend against'];
  expect([...new Set(claims().map(({ part }) => part))]).toEqual(parts.filter((part) => !withoutClaims.includes(part)));
  const named = [...text.matchAll(/`([\w./-]+\.(?:test|spec)\.ts)`/g)].map(([, name]) => String(name));
  const listed = claims().map(({ file }) => file);
  // In the text the name alone may stand; the table has where it lies.
  expect(named.filter((name) => !listed.some((file) => file === name || file.endsWith(`/${name}`)))).toEqual([]);
});
