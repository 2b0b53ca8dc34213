import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { getDebianProgram } from '#scripts/debian-programs';
import { capture } from '#scripts/processes';
import { commandsOf } from '#tests/documented-ways';

const project = process.cwd();
const isRoot = process.getuid?.() === 0;

/** Waits in the sandbox until the hub is ready, and prints what it says. */
const untilReady = `for (let n = 0; n < 1500; n++) {
  const answer = await fetch('http://localhost:3000/readyz').catch(() => undefined);
  if (answer?.status === 200) { console.log('ready'); process.exit(0); }
  await new Promise((after) => setTimeout(after, 200));
}
process.exit(1);`;

/** A machine to run documented commands on. */
interface Sandbox {
  /** Runs a script with bash from a copy of the project's folder, which has this \`.env\`. */
  run(script: string): Promise<{ status: number; output: string }>;
  remove(): void;
}

/**
 * The machine's root, read-only, with an /etc, /opt, /srv and /var/lib of its own, no network but a loopback, and no way to
 * another process: whatever a command does, it does there.
 */
async function createSandbox(env = ''): Promise<Sandbox> {
  const bwrap = await getDebianProgram('bwrap');
  const folder = mkdtempSync(join(tmpdir(), 'grantkeep-ways-'));
  cpSync('/etc', join(folder, 'etc'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => isRoot || !/shadow|ssl\/private/.test(path),
  });
  for (const name of ['opt', 'srv', 'varlib', 'project']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'project/.env'), env);
  writeFileSync(join(folder, 'project/until-ready.mjs'), untilReady);
  const own = (name: string, at: string) => ['--bind', join(folder, name), at];
  const args = [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-net', '--die-with-parent', '--new-session'],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--tmpfs', '/tmp', '--tmpfs', '/run'],
    ...[...own('etc', '/etc'), ...own('opt', '/opt'), ...own('srv', '/srv'), ...own('varlib', '/var/lib')],
    ...own('project', '/tmp/project'),
    ...readdirSync(project)
      .filter((name) => name !== '.env' && name !== '.git')
      .flatMap((name) => ['--ro-bind', join(project, name), join('/tmp/project', name)]),
    ...['--chdir', '/tmp/project'],
    // The Node of the machine, as its operator has it.
    ...['--clearenv', '--setenv', 'PATH', machinePath(), '--setenv', 'HOME', '/tmp'],
  ];
  return {
    run: (script) => capture(bwrap, [...args, 'bash', '--norc', '-euo', 'pipefail', '-c', script]),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** PATH without the programs that npm adds for a script. */
const machinePath = () =>
  [
    '/usr/sbin',
    '/sbin',
    ...(process.env.PATH ?? '')
      .split(':')
      .filter((one) => !one.includes('node_modules') && !one.startsWith(`${homedir()}/.npm`)),
  ].join(':');

test('one machine, by the commands of docs/deployment.md', async () => {
  const [install, build, ...commands] = commandsOf('One machine');
  expect([install, build]).toEqual(['npm ci --ignore-scripts', 'npm run build']);
  const sandbox = await createSandbox();
  try {
    const { status, output } = await sandbox.run(
      `( ${commands.join('\n')}\n) & hub=$!\nnpx node until-ready.mjs\nchildren=$(cat /proc/$hub/task/$hub/children)\nkill -TERM \${children:-$hub}\nwait $hub`,
    );
    expect(output).toContain('ready');
    expect(output).toContain('"event":"stopped"');
    expect(status).toBe(0);
  } finally {
    sandbox.remove();
  }
});

/** What systemd makes of the unit before it starts the program: variables, credentials, a folder, and the user. */
const asSystemd = `unit=/etc/systemd/system/grantkeep.service
export CREDENTIALS=/run/credentials/grantkeep
install -d -m 0700 -o grantkeep /run/credentials /var/lib/grantkeep $CREDENTIALS
for credential in $(sed -n 's/^LoadCredential=//p' $unit); do
  install -m 0400 -o grantkeep "\${credential#*:}" "$CREDENTIALS/\${credential%%:*}"
done
set -a
. "$(sed -n 's/^EnvironmentFile=//p' $unit)"
eval "$(sed -n 's/^Environment=//p' $unit | sed "s|%d|$CREDENTIALS|g")"
set +a
user="--reuid=grantkeep --regid=grantkeep --clear-groups --no-new-privs"
as_user() { setpriv $user "$@"; }
cd "$(sed -n 's/^WorkingDirectory=//p' $unit)"`;

test('systemd, by the commands of docs/deployment.md', async () => {
  if (!isRoot) {
    test.info().annotations.push({ type: 'not run', description: 'the commands are those of root' });
    return;
  }
  const commands = commandsOf('systemd');
  expect(commands.pop()).toBe('systemctl daemon-reload && systemctl enable --now grantkeep');
  const sandbox = await createSandbox(
    'APP_URL=http://localhost:3000\nSIGN_IN_ALLOW=google:@example.com\nGOOGLE_CLIENT_ID=x\nGOOGLE_CLIENT_SECRET=y\n',
  );
  try {
    const { status, output } = await sandbox.run(`${commands.join('\n')}
      stat -c '%a %U %G %n' /etc/grantkeep /etc/grantkeep/*
      ${asSystemd}
      as_user cat /etc/grantkeep/vault_keys 2>&1 || echo 'the key is not read'
      as_user touch /opt/grantkeep/server.ts 2>&1 || echo 'the code is not changed'
      as_user ./node scripts/grantkeep.mjs config check
      ( exec setpriv $user $(sed -n 's/^ExecStart=//p' $unit) ) & hub=$!
      ./node /tmp/project/until-ready.mjs
      kill -HUP $hub
      kill -TERM $hub
      wait $hub`);
    expect(output).toContain('750 root grantkeep /etc/grantkeep\n');
    expect(output).toContain('640 root grantkeep /etc/grantkeep/grantkeep.env\n');
    expect(output).toContain(
      '600 root root /etc/grantkeep/session_password\n600 root root /etc/grantkeep/vault_keys\n',
    );
    expect(output).toContain('the key is not read');
    expect(output).toContain('the code is not changed');
    expect(output).toContain('\nready\n');
    expect(output).toContain('"event":"stopped"');
    expect(status).toBe(0);
  } finally {
    sandbox.remove();
  }
});
