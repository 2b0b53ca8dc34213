import type { AccountParamView } from '#lib/connections/views';

/** Inputs for the parts of a provider's address that only the person knows. */
export function AccountParamFields({
  provider,
  params,
  typed = {},
}: {
  provider: string;
  params: AccountParamView[];
  /** What was typed before and refused: it stays, to be mended. */
  typed?: Record<string, string>;
}) {
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
          defaultValue={typed[param.name]}
          aria-invalid={Object.hasOwn(typed, param.name) || undefined}
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
