'use client';

import { useRef } from 'react';

export interface Choice {
  value: string;
  word: string;
}

interface FilterSelectProps {
  name: string;
  label: string;
  /** The word for no filter. */
  all: string;
  value?: string | undefined;
  choices: readonly Choice[];
  /** Classes of its width. */
  width?: string;
}

/**
 * A filter of a list with known choices. One that is picked with a pointer narrows the list at once. Arrow keys change a select
 * at each press, so a reader with a keyboard presses *Filter* (WCAG 2.2, 3.2.2).
 */
export function FilterSelect({ name, label, all, value, choices, width = 'w-auto' }: FilterSelectProps) {
  const pointed = useRef(false);
  // A value that is not among them (a key that is gone) still narrows the list. The next filter must keep it.
  const known = value === undefined || choices.some((choice) => choice.value === value);
  return (
    <select
      name={name}
      defaultValue={value ?? ''}
      aria-label={label}
      onPointerDown={() => {
        pointed.current = true;
      }}
      onKeyDown={() => {
        pointed.current = false;
      }}
      onChange={({ currentTarget }) => {
        if (pointed.current) currentTarget.form?.requestSubmit();
      }}
      className={`field field-small ${width}`}
    >
      <option value="">{all}</option>
      {!known && <option value={value}>{value}</option>}
      {choices.map((choice) => (
        <option key={choice.value} value={choice.value}>
          {choice.word}
        </option>
      ))}
    </select>
  );
}
