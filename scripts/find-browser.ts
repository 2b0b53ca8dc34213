import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { capture } from './processes.ts';
import { isExecutable, pathFolders } from './programs.ts';
import { canInstallPackages, installPackages } from './system-packages.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The Chromium that tests use: `CHROMIUM_PATH`, else one that is installed, else undefined. */
export function findBrowser(): string | undefined {
  const given = process.env.CHROMIUM_PATH;
  if (given) return given;
  const installed = names.flatMap((name) => pathFolders().map((folder) => join(folder, name)));
  return [...installed, chromium.executablePath()].find(isExecutable);
}

/**
 * Finds a Chromium or installs one: Playwright's own where its download works, else Debian's where we are root.
 * @throws an Error that says what the reader can do
 */
export async function getBrowser(): Promise<string> {
  const found = findBrowser();
  if (found) return found;
  console.log('  no Chromium here: fetching the one of Playwright …');
  // First the download, which fails within seconds where it cannot work; only then the many packages it needs.
  const fetched = await capture('playwright', ['install', 'chromium']);
  const own = findBrowser();
  if (fetched.status === 0 && own) {
    if (canInstallPackages()) await capture('playwright', ['install-deps', 'chromium']);
    return own;
  }
  console.log('  that cannot be fetched from here.');
  if (canInstallPackages() && (await installPackages('chromium'))) {
    const debian = findBrowser();
    if (debian) return debian;
  }
  throw new Error(
    'No Chromium was found and none could be installed. Install one and set CHROMIUM_PATH to its program.',
  );
}
