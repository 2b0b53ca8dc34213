import { type CommandGroup, required, UsageError, withHelp } from '#lib/cli/invocation';
import { type WebhookType, webhookTypes } from '#lib/db/schema/webhook-types';

function type(text: string, before: WebhookType[] | undefined): WebhookType[] {
  const known = webhookTypes.find((candidate) => candidate === text);
  if (!known) throw new UsageError(`There is no type ${text}. There are ${webhookTypes.join(', ')}.`);
  return [...(before ?? []), known];
}

const id = ['--id <id>', 'The webhook, as webhook list prints it.'] as const;

/** `webhook …` */
export const webhookCommands: CommandGroup = (program, run) => {
  const group = program
    .command('webhook')
    .alias('webhooks')
    .description('Adds, lists, tries and removes the addresses that are told.');

  withHelp(group.command('add'), {
    does: 'Adds an address that is told of events, and prints its signing secret, once.',
    usage: '--name <name> --url <url> [options]',
    example: 'webhook add --name billing --url https://hooks.example.com/in --type connection.created',
  })
    .option('--name <name>', 'What administrators call it.')
    .option('--url <url>', 'A public https: address, or one that WEBHOOK_INTERNAL_HOSTS allows.')
    .option('--type <type>', 'A type of message; all unless set. May be repeated.', type)
    .action(({ name, url, type: types }) =>
      run({
        command: 'webhook add',
        name: required(name, '--name'),
        url: required(url, '--url'),
        types: types ?? null,
      }),
    );

  withHelp(group.command('list'), {
    does: 'Prints every webhook.',
    example: 'webhook list --json',
  })
    .option('--json', 'Prints one line of JSON for each webhook, with its types and counts.')
    .action(({ json }) => run({ command: 'webhook list', json: json ?? false }));

  const acts = [
    ['remove', 'Removes a webhook with its delivery log.'],
    ['rotate', 'Gives a webhook a new signing secret and prints it, once. The old one goes on for a day.'],
    ['test', 'Sends a test once, and prints how it went.'],
    ['enable', 'Sends to a webhook again.'],
    ['disable', 'Sends nothing more to a webhook, and drops the messages on their way.'],
  ] as const;
  for (const [act, does] of acts)
    withHelp(group.command(act), { does, usage: '--id <id>', example: `webhook ${act} --id whk_…` })
      .option(...id)
      .action((values) => run({ command: `webhook ${act}`, id: required(values.id, '--id') }));
};
