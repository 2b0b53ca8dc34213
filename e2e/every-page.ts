import { globSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { pathWithin, type World } from './world.ts';

/** Browsers that are signed in, or not. */
export interface Readers {
  administrator: Page;
  /** `world.person`. */
  person: Page;
  visitor: Page;
}

/** Every page of `app/`, with the one who reads it. What belongs to a person is `world.person`'s. */
export function everyPage(world: World, { administrator, person, visitor }: Readers): { by: Page; path: string }[] {
  return globSync('app/**/page.tsx').map((file) => {
    const path = pathWithin({ ...world, ownersConnection: world.selected }, file);
    const signedOut = /^app\/(?:sign-in|device|connect-session)\//.test(file);
    const by = file.startsWith('app/admin/') ? administrator : signedOut ? visitor : person;
    return { by, path: path.replace(/^\/connect$/, '/connect?provider=okta') };
  });
}
