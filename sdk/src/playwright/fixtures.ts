import { randomBytes } from 'node:crypto';
import { test as base, type Page } from '@playwright/test';
import { control } from './control.ts';
import { type Account, allow, type Choices, type Connection, connect, signIn } from './flows.ts';
import { type Hub, readDemo } from './hub.ts';
import {
  type DemoProvider,
  type DemoServerId,
  type ProviderFailure,
  type ProviderSwitches,
  providerFailures,
} from './switches.ts';

/** Somebody whom no other test knows. */
export interface Person {
  name: string;
  email: string;
}

/** A name that no other test uses, so that ending its grants disturbs no test. */
export function someone(kind = 'Person'): string {
  return `${kind} ${randomBytes(6).toString('hex')}`;
}

/** Shared by the tests of one worker. */
export interface GrantkeepWorkerFixtures {
  /** The hub that the global setup started or joined. */
  hub: Hub;
}

/** Made anew for each test. `account` is the person's name, unless a test names another. */
export interface GrantkeepFixtures {
  person: Person;
  /** Signs the browser of a page in at the hub, without pages: as `person`, or as somebody else by name. */
  signIn(page: Page, name?: string): Promise<void>;
  /** Connects an account of whom is signed in at the hub, without pages. */
  connect(page: Page, provider: DemoProvider, choices?: Choices): Promise<Connection>;
  /** Chooses an account on the pages of a provider, and allows what your application asks for. */
  allow(page: Page, account?: string): Promise<void>;
  /** Sets switches of a provider for one account, until the test ends. */
  switchProvider(provider: DemoServerId, switches: ProviderSwitches, account?: string): Promise<void>;
  /** A provider fails for one account, until it works again or the test ends. */
  providerFails(provider: DemoServerId, failure: ProviderFailure, account?: string): Promise<void>;
  /** A provider works again for one account: all its switches are forgotten. */
  providerWorks(provider: DemoServerId, account?: string): Promise<void>;
  /**
   * The provider refuses the account's access tokens from now on, or in so many seconds. It renews them. With `tokens:
   * 'all'`, the refresh tokens end too.
   */
  expire(account: Account, options?: { inSeconds?: number; tokens?: 'access' | 'all' }): Promise<void>;
  /** The grants of the account end at the provider, and the hub is told nothing. */
  endGrant(account: Account): Promise<void>;
}

/** Playwright's `test` with a hub, a person, and providers that fail when told. */
export const test = base.extend<GrantkeepFixtures, GrantkeepWorkerFixtures>({
  hub: [
    // Playwright reads the names of the fixtures that one needs from its first parameter.
    // biome-ignore lint/correctness/noEmptyPattern: this one needs none.
    async ({}, use) => {
      const file = process.env.GRANTKEEP_DEMO;
      if (!file) throw new Error("Set globalSetup: '@grantkeep/client/playwright/demo' in playwright.config.");
      await use(readDemo(file));
    },
    { scope: 'worker' },
  ],

  // biome-ignore lint/correctness/noEmptyPattern: as above.
  person: async ({}, use) => {
    const name = someone();
    await use({ name, email: `${name.toLowerCase().replace(' ', '-')}@example.com` });
  },

  signIn: async ({ hub, person }, use) => {
    await use((page, name = person.name) => signIn(page, hub, name));
  },

  connect: async ({ hub, person }, use) => {
    await use((page, provider, { account = person.name, ...choices } = {}) =>
      connect(page, hub, { ...choices, provider, account }),
    );
  },

  allow: async ({ person }, use) => {
    await use((page, account = person.name) => allow(page, account));
  },

  switchProvider: async ({ hub, person }, use) => {
    const switched: [DemoServerId, string][] = [];
    await use(async (provider, switches, account = person.name) => {
      switched.push([provider, account]);
      await control(hub, provider, 'switches', { person: account }, switches);
    });
    for (const [provider, account] of switched) await control(hub, provider, 'reset', { person: account });
  },

  providerFails: async ({ switchProvider }, use) => {
    await use((provider, failure, account) => switchProvider(provider, providerFailures[failure], account));
  },

  providerWorks: async ({ hub, person }, use) => {
    await use(async (provider, account = person.name) => {
      await control(hub, provider, 'reset', { person: account });
    });
  },

  expire: async ({ hub }, use) => {
    await use(async ({ provider, account }, { inSeconds = 0, tokens = 'access' } = {}) => {
      const body = { in_seconds: inSeconds, tokens };
      atLeastOne((await control(hub, provider, 'expire', { person: account }, body)).expired, account);
    });
  },

  endGrant: async ({ hub }, use) => {
    await use(async ({ provider, account }) => {
      atLeastOne((await control(hub, provider, 'withdraw', { person: account })).ended, account);
    });
  },
});

/** A test that ends what is not there would pass for no reason. */
function atLeastOne(count: unknown, account: string): void {
  if (typeof count !== 'number' || count < 1) throw new Error(`${account} has nothing there that could end.`);
}
