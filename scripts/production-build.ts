import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { inventoryFile } from '#lib/page-scripts/inventory';
import { capture } from './processes.ts';
import { sourcesFingerprint } from './sources-fingerprint.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const stampFile = `${root}.next/sources.sha256`;
/** True when `.next` holds a production build of the sources as they are now. */
export function isBuilt(): boolean {
  return (
    [`${root}.next/BUILD_ID`, `${root}${inventoryFile}`, stampFile].every((file) => existsSync(file)) &&
    readFileSync(stampFile, 'utf8') === sourcesFingerprint()
  );
}

/** Next's words where another process builds here; it has a lock of its own for that. */
const builtElsewhere = 'Another next build process is already running';

/**
 * Makes the production build; while another process makes it, this one waits for that. The answer is what the build wrote when
 * it failed, else undefined.
 */
export async function build(): Promise<string | undefined> {
  for (;;) {
    const fault = await buildHere();
    if (!fault?.includes(builtElsewhere)) return fault;
    await sleep(1_000);
    if (isBuilt()) return undefined;
  }
}

async function buildHere(): Promise<string | undefined> {
  const before = sourcesFingerprint();
  const { status, output } = await capture('next', ['build'], {
    env: { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) return output.trimEnd();
  const inventory = await capture(process.execPath, ['scripts/write-script-inventory.ts']);
  if (inventory.status !== 0) return inventory.output.trimEnd();
  mkdirSync(`${root}.next`, { recursive: true });
  writeFileSync(stampFile, before);
  return undefined;
}
