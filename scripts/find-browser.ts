import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { capture } from './processes.ts';
import { isExecutable, pathFolders } from './programs.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

const shell = 'chromium-headless-shell';

/** The shell comes first: it is Chromium without a user interface, and takes a third less of the processor's time. */
const names = [shell, 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium that tests use: `CHROMIUM_PATH`, else one that is installed, else undefined. */
export function findBrowser(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  const installed = names.flatMap((name) => pathFolders().map((folder) => join(folder, name)));
  return [...installed, chromium.executablePath()].find(isExecutable);
}

/**
 * Finds a Chromium, or installs one: Debian's shell where we are root, else what is there, else Playwright's own.
 * @throws an Error that says what the reader can do
 */
export async function getBrowser(): Promise<string> {
  const found = findBrowser();
  if (found && (process.env.CHROMIUM_PATH || found.endsWith(shell))) return found;
  if (canInstallPackages()) await installPackages(shell);
  const installed = findBrowser();
  if (installed) return installed;
  console.log('  no Chromium here: fetching the one of Playwright …');
  const fetched = await capture('playwright', ['install', 'chromium']);
  const own = findBrowser();
  if (fetched.status === 0 && own) {
    if (canInstallPackages()) await capture('playwright', ['install-deps', 'chromium']);
    return own;
  }
  throw new Error(
    'No Chromium was found and none could be installed. Install one and set CHROMIUM_PATH to its program.',
  );
}
