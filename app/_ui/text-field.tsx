interface TextFieldProps {
  id: string;
  name: string;
  label: string;
  /** What belongs here; a fault stands in its place. */
  hint: string;
  fault?: string | undefined;
  value: string;
  change: (value: string) => void;
  maxLength: number;
  type?: 'text' | 'url';
  /** For text that people copy letter by letter. */
  exact?: boolean;
  optional?: boolean;
}

/** A line of text, required unless it is optional, with its label and its hint. React empties a form's own fields after each try, so its value is the caller's. */
export function TextField({
  id,
  label,
  hint,
  fault,
  change,
  exact = false,
  optional = false,
  ...input
}: TextFieldProps) {
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="label">
        {label}
        {optional && <span className="font-normal text-soft"> (optional)</span>}
      </label>
      <input
        id={id}
        {...input}
        required={!optional}
        autoComplete="off"
        {...(exact ? { spellCheck: false } : {})}
        onChange={(event) => change(event.target.value)}
        aria-invalid={fault ? true : undefined}
        aria-describedby={`${id}-hint`}
        className={`field ${exact ? 'font-mono' : ''}`}
      />
      <p id={`${id}-hint`} className="hint">
        {fault ?? hint}
      </p>
    </div>
  );
}
