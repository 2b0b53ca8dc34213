import type { Command as Parser } from '@commander-js/extra-typings';
import type { Command } from '#lib/cli/commands';
import { type Invocation, required, UsageError, withHelp } from '#lib/cli/invocation';
import { callersFile } from '#lib/config/callers-file';

/** A day or a moment (UTC), as ISO 8601 writes it. @throws UsageError */
function readMoment(text: string | undefined, option: string): string {
  const given = required(text, option);
  const at = new Date(given);
  if (!/^\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?$/.test(given) || Number.isNaN(at.getTime()))
    throw new UsageError(`${option} is a day or a moment of UTC, as 2026-10-01 or 2026-10-01T09:30:00Z.`);
  return at.toISOString();
}

/** `evidence …`; `take` receives what needs no data. */
export function evidenceCommands(
  program: Parser,
  run: (command: Command) => void,
  take: (invocation: Invocation) => void,
): void {
  const group = program.command('evidence').description('Makes signed evidence of a period, and verifies it.');

  withHelp(group.command('make', { isDefault: true }), {
    does: 'Prints the signed bundle of a period.',
    more: 'The word make may be left out. Ids stand in it, and no name, token or secret.',
    usage: '--from <day> --to <day>',
    example: 'evidence make --from 2026-07-01 --to 2026-10-01',
  })
    .option('--from <day>', 'The beginning, as 2026-07-01 (UTC).')
    .option('--to <day>', 'The end, which is not part of it.')
    .action(({ from, to }) =>
      run({ command: 'evidence', from: readMoment(from, '--from'), to: readMoment(to, '--to') }),
    );

  withHelp(group.command('verify'), {
    does: 'Verifies a bundle with nothing but its file.',
    more: 'Prints the result as one line of JSON. Needs no configuration and no database. Status 1 if the bundle is refused.',
    example: 'evidence verify bundle.json',
  })
    .argument('<file>', 'The bundle.')
    .option('--key <base64>', 'The public key that you kept; a bundle of another key is refused.')
    .action((file, { key }) => take({ kind: 'evidence', act: 'verify', file: callersFile(file), key }));

  withHelp(group.command('report'), {
    does: 'Verifies a bundle and prints the page in it.',
    example: 'evidence report bundle.json',
  })
    .argument('<file>', 'The bundle.')
    .option('--key <base64>', 'The public key that you kept; a bundle of another key is refused.')
    .action((file, { key }) => take({ kind: 'evidence', act: 'report', file: callersFile(file), key }));
}
