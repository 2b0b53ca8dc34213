import { AccountParamFields } from '#app/_ui/account-param-fields';
import { ConnectForm } from '#app/_ui/connect-form';
import type { ProviderDescription } from '#lib/provider-check/describe-provider';

const choices = [
  {
    value: 'revoke',
    name: 'Revoke it right away',
    about: 'The hub keeps it if the account was connected before, or if other connections would end with it.',
  },
  { value: 'keep', name: 'Keep it', about: 'It becomes an ordinary connection of yours.' },
] as const;
const codeTwice = {
  value: 'code_twice',
  name: 'Revoke it, then show its code once more',
  about: 'The failure scenario of a stolen code: the server has to refuse the second exchange.',
} as const;

/** Begins a flow of the administrator's own, of which each step is told afterwards. */
export function ConnectTraced({ about }: { about: ProviderDescription }) {
  const { provider } = about;
  return (
    <ConnectForm
      intent="connect"
      provider={provider.id}
      returnTo={`/admin/providers/${encodeURIComponent(provider.id)}`}
      className="flex flex-col items-start gap-4"
    >
      <AccountParamFields provider={`${provider.id}-trace`} params={about.accountParams} />
      <fieldset className="flex flex-col gap-2">
        <legend className="label mb-1">The connection that it makes</legend>
        {(about.failureScenarios ? [...choices, codeTwice] : choices).map(({ value, name, about: text }) => (
          <label key={value} className="flex gap-2">
            <input type="radio" name="trace" value={value} defaultChecked={value === 'revoke'} className="mt-1" />
            <span>
              {name}
              <span className="block text-meta text-soft">{text}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <button type="submit" className="btn btn-plain">
        Connect as yourself
      </button>
    </ConnectForm>
  );
}
