import { Option } from '@commander-js/extra-typings';
import { type CommandGroup, required, withHelp } from '#lib/cli/invocation';
import { alertStates } from '#lib/db/schema/alerts';

const states = ['live', ...alertStates] as const;

/** `alerts …` */
export const alertCommands: CommandGroup = (program, run) => {
  const group = program.command('alerts').description('Shows alerts, and says that somebody looks into one.');
  withHelp(group.command('list'), {
    does: 'Prints alerts, the last opened first.',
    example: 'alerts list --state open --json',
  })
    .addOption(
      new Option('--state <state>', 'One of live, open, acknowledged and resolved; live unless set.').choices(states),
    )
    .option('--json', 'Prints one line of JSON for each alert.')
    .action(({ state, json }) => run({ command: 'alerts list', state: state ?? 'live', json: json ?? false }));

  withHelp(group.command('ack'), {
    does: 'Acknowledges an open alert.',
    more: 'It goes on until it is resolved, and counts as open no longer.',
    usage: '--id <id> [options]',
    example: "alerts ack --id alr_… --note 'the provider has an outage'",
  })
    .option('--id <id>', 'The alert.')
    .option('--note <text>', 'For the next reader; it stays with the alert.')
    .option('--json', 'Prints the alert as a line of JSON.')
    .action(({ id, note, json }) =>
      run({
        command: 'alerts ack',
        id: required(id, '--id'),
        ...(note === undefined ? {} : { note }),
        json: json ?? false,
      }),
    );
};
