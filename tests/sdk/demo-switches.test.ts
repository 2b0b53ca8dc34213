import { expect, expectTypeOf, test } from 'vitest';
import { initialSwitches, type Switches } from '#demo/switches';
import { type ProviderSwitches, providerFailures } from '../../sdk/src/playwright/switches.ts';

test('the client for Playwright knows the switches of the demo', () => {
  expectTypeOf<Required<ProviderSwitches>>().toEqualTypeOf<Switches>();
  const known = Object.keys(initialSwitches({}));
  for (const switches of Object.values(providerFailures))
    expect(known).toEqual(expect.arrayContaining(Object.keys(switches)));
});
