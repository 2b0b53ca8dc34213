interface LinesFieldProps {
  id: string;
  name: string;
  label: string;
  hint: string;
  fault?: string | undefined;
  value: string;
  change: (value: string) => void;
  required?: boolean;
  rows?: number;
}

/** Several texts, one a line, with their label and hint. */
export function LinesField({ id, label, hint, fault, change, rows = 3, ...input }: LinesFieldProps) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="label">
        {label}
        {!input.required && <span className="font-normal text-soft"> (optional)</span>}
      </label>
      <textarea
        id={id}
        {...input}
        rows={rows}
        maxLength={50_000}
        spellCheck={false}
        onChange={(event) => change(event.target.value)}
        aria-invalid={fault ? true : undefined}
        aria-describedby={`${id}-hint`}
        className="field py-2 font-mono text-meta"
      />
      <p id={`${id}-hint`} className="hint wrap-anywhere">
        {fault ?? hint}
      </p>
    </div>
  );
}
