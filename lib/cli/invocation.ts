import type { CommandUnknownOpts, Command as Parser } from '@commander-js/extra-typings';
import type { Command } from '#lib/cli/commands';
import type { ImportOptions } from '#lib/cli/transfer-commands';
import type { ConnectionType } from '#lib/db/schema/webhook-types';

/** What the arguments ask for. */
export type Invocation =
  | { kind: 'help'; text: string }
  | { kind: 'migrate' }
  | { kind: 'config-check' }
  | { kind: 'completion' }
  | { kind: 'scripts'; json: boolean }
  | { kind: 'import'; file: string; names: string[]; json: boolean }
  | { kind: 'import-connections'; options: ImportOptions }
  | { kind: 'evidence'; act: 'verify' | 'report'; file: string; key: string | undefined }
  | { kind: 'ledger-stream'; from: number; cursor: string | undefined; follow: boolean }
  | { kind: 'ledger-reconcile'; file: string; fromSeal: number }
  | { kind: 'listen'; options: ListenOptions }
  | { kind: 'command'; command: Command };

/** Which events `listen` forwards, and whither. */
export interface ListenOptions {
  /** On this machine. */
  to: URL;
  /** The hub; undefined: as the environment says. */
  hub: string | undefined;
  /** Null: all. */
  types: readonly ConnectionType[] | null;
  /** Where the place and the secret are kept for the next run. */
  state: string | undefined;
}

/** Faulty arguments; the message names the fault. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Adds a group of commands to the parser; `run` receives the command that the arguments ask for. */
export type CommandGroup = (program: Parser, run: (command: Command) => void) => void;

interface Help {
  /** One sentence, which the list of all commands shows too. */
  does: string;
  /** What else its user must know. */
  more?: string;
  /** The words after the command's name, where `[options]` says too little. */
  usage?: string;
  /** A whole command without `grantkeep`. */
  example: string;
}

/** Gives a command its help. */
export function withHelp<C extends CommandUnknownOpts>(command: C, { does, more, usage, example }: Help): C {
  command.summary(does).description(more ? `${does} ${more}` : does);
  if (usage !== undefined) command.usage(usage);
  command.addHelpText('after', `\nExample:\n  grantkeep ${example}`);
  return command;
}

/** Collects an option that may stand more than once. A word that follows the value is not one of its values. */
export const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

/** The text that an option must have. @throws UsageError without it, or where it is blank */
export function required(value: string | undefined, option: string): string {
  if (!value?.trim()) throw new UsageError(`${option} is required.`);
  return value;
}
