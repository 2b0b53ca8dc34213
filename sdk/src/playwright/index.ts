export { expect } from '@playwright/test';
export { type ControlTarget, control } from './control.ts';
export {
  type GrantkeepFixtures,
  type GrantkeepWorkerFixtures,
  type Person,
  someone,
  test,
} from './fixtures.ts';
export {
  type Account,
  allow,
  type Choices,
  type Connection,
  connect,
  type Flow,
  flowUpToCallback,
  flowWithoutPages,
  signIn,
} from './flows.ts';
export { type Hub, type RegisteredApplication, readDemo, registerApplication } from './hub.ts';
export {
  type DemoProvider,
  type DemoServerId,
  type ProviderFailure,
  type ProviderSwitches,
  providerFailures,
} from './switches.ts';
