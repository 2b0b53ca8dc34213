import type { AccountParamView } from '#lib/connections/views';

/** Inputs for the parts of a provider's address that only the person knows. */
export function AccountParamFields({ provider, params }: { provider: string; params: AccountParamView[] }) {
  return params.map((param) => {
    const id = `${provider}-${param.name}`;
    return (
      <div key={param.name} className="flex flex-col gap-1">
        <label htmlFor={id} className="label">
          {param.label}
        </label>
        <input
          id={id}
          name={`account_params.${param.name}`}
          required
          pattern={param.pattern}
          title={`As in ${param.example}`}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          aria-describedby={`${id}-hint`}
          className="field"
        />
        <p id={`${id}-hint`} className="hint">
          For example {param.example}
        </p>
      </div>
    );
  });
}
