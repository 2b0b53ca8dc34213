import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { getDebianProgram } from '#scripts/debian-programs';
import { capture, start } from '#scripts/processes';
import { writeDeployment } from '#scripts/write-deployment';

/** What the last stage of the Containerfile says of how the image runs. */
export interface ImageSettings {
  environment: Record<string, string>;
  user: string;
  workingFolder: string;
  volume: string;
  entrypoint: string[];
  health: string[];
}

/** Reads the instructions of the last stage, each on a line of its own. */
function readContainerfile(): ImageSettings {
  const stage =
    readFileSync('Containerfile', 'utf8')
      .split(/^FROM /m)
      .at(-1) ?? '';
  const all = (name: string) => [...stage.matchAll(new RegExp(`^${name} (.+)$`, 'gm'))].map(([, text]) => String(text));
  const only = (name: string) => {
    const [first, ...more] = all(name);
    if (first === undefined || more.length > 0) throw new Error(`The Containerfile needs one ${name}.`);
    return first;
  };
  const environment = Object.fromEntries(
    all('ENV').map((text) => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
  return {
    environment,
    user: only('USER'),
    workingFolder: only('WORKDIR'),
    volume: only('VOLUME'),
    entrypoint: JSON.parse(only('ENTRYPOINT')),
    health: JSON.parse(only('HEALTHCHECK').replace(/^.* CMD /, '')),
  };
}

const inherited: StdioOptions = ['ignore', 'inherit', 'inherit', 'pipe'];

/** A program in a container. */
export interface Contained {
  child: ChildProcess;
  /** Sends a signal to the program itself, which is process 1 there. */
  kill(signal: NodeJS.Signals): void;
  /** Its status, or the signal that ended it, as bubblewrap tells it: 128 and the signal's number. */
  ended: Promise<number | null>;
}

/** An image as a folder, and the way to start programs in it. */
export interface Image {
  root: string;
  settings: ImageSettings;
  /** Starts a program on the read-only root, as the image's user, with its volume. */
  start(
    command: string[],
    environment: Record<string, string>,
    options?: { stdio?: StdioOptions; withVolume?: boolean },
  ): Promise<Contained>;
  /** Runs a program to its end. */
  capture(command: string[], environment: Record<string, string>): Promise<{ status: number; output: string }>;
  remove(): void;
}

/**
 * Builds the image's root by the very steps of the Containerfile, from the build that is there, and starts programs in it
 * with bubblewrap: without rights, in namespaces of their own, on the network of the test.
 */
export async function buildImage(): Promise<Image> {
  const bwrap = await getDebianProgram('bwrap');
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-image-'));
  chmodSync(folder, 0o755);
  const [deployed, root, data] = ['deployed', 'root', 'data'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await writeDeployment(deployed);
  const built = await capture('deploy/image/build-root.sh', [root, deployed]);
  if (built.status !== 0) throw new Error(`build-root.sh ended with status ${built.status}: ${built.output}`);
  rmSync(deployed, { recursive: true });
  const settings = readContainerfile();
  const [uid = '', gid = ''] = settings.user.split(':');
  mkdirSync(data, { mode: 0o700 });
  const isRoot = process.getuid?.() === 0;
  // The sandbox knows one user: to it, files of another would belong to none.
  if (isRoot) {
    const owned = await capture('chown', ['-R', `${uid}:${gid}`, data, root]);
    if (owned.status !== 0) throw new Error(owned.output);
  }
  /** As root we become the image's user for good before anything of the image runs. */
  const before = isRoot ? ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', bwrap] : [bwrap];
  const argumentsFor = (environment: Record<string, string>, withVolume: boolean) => [
    ...before.slice(1),
    ...['--unshare-all', '--share-net', '--as-pid-1', '--die-with-parent', '--cap-drop', 'ALL'],
    ...(isRoot ? [] : ['--uid', uid, '--gid', gid]),
    ...['--ro-bind', root, '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...['--ro-bind', '/etc/hosts', '/etc/hosts', '--ro-bind', '/etc/resolv.conf', '/etc/resolv.conf'],
    ...(withVolume ? ['--bind', data, settings.volume] : []),
    ...['--chdir', settings.workingFolder, '--clearenv'],
    ...Object.entries({ ...settings.environment, ...environment }).flatMap((pair) => ['--setenv', ...pair]),
  ];
  const program = String(before[0]);
  const starting = async (
    command: string[],
    environment: Record<string, string>,
    { stdio, withVolume = true }: { stdio: StdioOptions; withVolume?: boolean },
  ) => {
    const child = start(program, [...argumentsFor(environment, withVolume), '--info-fd', '3', ...command], { stdio });
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    const info = (await json(child.stdio[3] as Readable)) as { 'child-pid': number };
    return { child, ended, kill: (signal: NodeJS.Signals) => void process.kill(info['child-pid'], signal) };
  };
  return {
    root,
    settings,
    start: (command, environment, { stdio = inherited, withVolume = true } = {}) =>
      starting(command, environment, { stdio, withVolume }),
    capture: (command, environment) => capture(program, [...argumentsFor(environment, true), ...command]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The size of a folder as `du` counts it, in MiB. */
export async function sizeOf(folder: string): Promise<number> {
  const { output } = await capture('du', ['-sm', folder]);
  return Number.parseInt(output, 10);
}

/** The log of a program that writes into a file. */
export const logTo = (file: string): StdioOptions => {
  const log = openSync(file, 'a', 0o600);
  return ['ignore', log, log, 'pipe'];
};
