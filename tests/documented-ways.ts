import { readFileSync } from 'node:fs';

/** The lines of the first block of commands in a section of docs/deployment.md; one that goes on is one line. */
export function commandsOf(way: string): string[] {
  const section =
    readFileSync('docs/deployment.md', 'utf8')
      .split(/^## /m)
      .find((part) => part.startsWith(`${way}\n`)) ?? '';
  const [, block] = /^```sh\n([\s\S]*?)^```$/m.exec(section) ?? [];
  if (block === undefined) throw new Error(`docs/deployment.md has no commands for ${way}.`);
  return block.trimEnd().replaceAll('\\\n', '').split('\n');
}
