import type { Runtime } from '#lib/context';

/** Warns of rules of SIGN_IN_ALLOW without a provider: a slip of the pen there shuts people out without a word. */
export function sayRulesWithoutProvider({
  config,
  providers,
  log,
}: Pick<Runtime, 'config' | 'providers' | 'log'>): void {
  for (const { provider } of config.signInAllow) {
    const offered = providers.signIn().some(({ id }) => id === provider);
    if (!offered) log.warn({ event: 'sign_in_rule_without_provider', provider });
  }
}
