import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { type Application, makeApplication } from '#tests/sdk/application-folder';
import type * as Client from '../../sdk/src/index.ts';

/** An application with the client for the tests of a file. */
export function applicationInTest() {
  let made: Application | undefined;
  beforeAll(async () => {
    made = await makeApplication();
  });
  afterAll(() => made?.remove());
  const application = () => {
    if (!made) throw new Error('The application exists within tests and hooks only.');
    return made;
  };
  const installed = () => pathToFileURL(application().path('node_modules/@grantkeep/client/dist/index.js')).href;
  return {
    get folder() {
      return application();
    },
    /** The client as it is installed there. */
    client: (): Promise<typeof Client> => import(/* @vite-ignore */ installed()),
  };
}
