import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** One import or re-export of a source file. */
export interface Import {
  /** A path from the project's root (`lib/db/open.ts`) for a file of ours, else the package as written. */
  target: string;
  /** True for `import type`, `export type … from` and for types named in place. */
  typeOnly: boolean;
}

/** What the import rules look at in one file. */
export interface SourceFacts {
  file: string;
  imports: Import[];
  /** Members read off a global by name, such as `process.env` and `Math.random`, and functions called by name. */
  names: Set<string>;
}

interface Node {
  type: string;
  [field: string]: unknown;
}

/** Reads one TypeScript or JavaScript file. `file` is its path from the project's root. */
export function readSource(file: string, text = readFileSync(file, 'utf8')): SourceFacts {
  const facts: SourceFacts = { file, imports: [], names: new Set() };
  const lang = file.endsWith('x') ? 'tsx' : 'ts';
  visit(parseAst(text, { lang }) as unknown as Node, (node) => collect(facts, node));
  return facts;
}

function collect(facts: SourceFacts, node: Node): void {
  const add = (source: unknown, typeOnly: boolean) => {
    const specifier = isNode(source) && source.type === 'Literal' ? source.value : undefined;
    if (typeof specifier === 'string') facts.imports.push({ target: resolveTarget(facts.file, specifier), typeOnly });
  };
  switch (node.type) {
    case 'ImportDeclaration':
      add(node.source, node.importKind === 'type' || allTypes(node.specifiers));
      break;
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      add(node.source, node.exportKind === 'type' || allTypes(node.specifiers));
      break;
    case 'ImportExpression':
      add(node.source, false);
      break;
    case 'TSImportType':
      add(node.source, true);
      break;
    case 'MemberExpression':
      if (isIdentifier(node.object)) facts.names.add(`${node.object.name}.${memberName(node)}`);
      break;
    case 'CallExpression':
      if (isIdentifier(node.callee)) facts.names.add(String(node.callee.name));
      break;
  }
}

function allTypes(specifiers: unknown): boolean {
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false;
  return specifiers.every((one) => isNode(one) && (one.importKind === 'type' || one.exportKind === 'type'));
}

function memberName(node: Node): string {
  const { property } = node;
  if (!isNode(property)) return '';
  return String(property.type === 'Literal' ? property.value : node.computed ? '[computed]' : property.name);
}

/** The `imports` of package.json: `#lib/*` and so on, each with the path it stands for. */
const aliases = Object.entries(JSON.parse(readFileSync('package.json', 'utf8')).imports as Record<string, string>).map(
  ([alias, path]) => ({ prefix: alias.slice(0, -1), path: path.replace(/^\.\//, '') }),
);

/** `#lib/db/open` and `./open.ts` as a path from the root; a package as it is written. */
function resolveTarget(file: string, specifier: string): string {
  const alias = aliases.find(({ prefix }) => specifier.startsWith(prefix));
  if (alias) return alias.path.replace('*', specifier.slice(alias.prefix.length));
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(file), specifier);
}

function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  // Writing a member (`process.env.X = …`) is not reading it.
  const written = node.type === 'AssignmentExpression' && node.operator === '=' ? node.left : undefined;
  for (const value of Object.values(node)) {
    if (value === written) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isIdentifier(value: unknown): value is Node & { name: string } {
  return isNode(value) && value.type === 'Identifier';
}
