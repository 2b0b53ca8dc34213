'use client';

import { useActionState, useEffect, useRef, useState } from 'react';
import { Notice } from '#app/_ui/notice';
import { prepareSelected } from '../actions.ts';

const boxes = () => [...document.querySelectorAll<HTMLInputElement>('input[data-select]')];
const chosen = () => boxes().filter((box) => box.checked);
const announce = () => document.dispatchEvent(new Event('selectionchanged'));

/** Ticks or clears every row of the page. */
export function SelectAll() {
  const ref = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const follow = () => {
      const all = boxes();
      const count = chosen().length;
      if (!ref.current) return;
      ref.current.checked = count > 0 && count === all.length;
      ref.current.indeterminate = count > 0 && count < all.length;
    };
    document.addEventListener('change', follow);
    document.addEventListener('selectionchanged', follow);
    return () => {
      document.removeEventListener('change', follow);
      document.removeEventListener('selectionchanged', follow);
    };
  }, []);
  const all = (checked: boolean) => {
    for (const box of boxes()) box.checked = checked;
    announce();
  };
  return (
    <input
      ref={ref}
      type="checkbox"
      aria-label="Select all on this page"
      className="block"
      onChange={(event) => all(event.target.checked)}
    />
  );
}

/** Says how many rows are selected, and leads to the preview of revoking them. */
export function SelectionBar() {
  const [selected, setSelected] = useState<string[]>([]);
  const [state, run, pending] = useActionState(prepareSelected, null);
  useEffect(() => {
    const follow = () => setSelected(chosen().map((box) => box.value));
    // A browser may bring ticks back with the page.
    follow();
    document.addEventListener('change', follow);
    document.addEventListener('selectionchanged', follow);
    return () => {
      document.removeEventListener('change', follow);
      document.removeEventListener('selectionchanged', follow);
    };
  }, []);
  const clear = () => {
    for (const box of boxes()) box.checked = false;
    announce();
  };
  const count = selected.length;
  return (
    <>
      {state?.ok === false && (
        <div className="mb-4">
          <Notice tone="bad" title="Nothing was prepared" reference={state.reference} arrival>
            <p>{state.message}</p>
          </Notice>
        </div>
      )}
      {count > 0 && (
        <form
          action={run}
          className="fixed inset-x-4 bottom-4 z-30 mx-auto flex w-fit max-w-[calc(100vw-2rem)] items-center gap-3 rounded-xl border border-line bg-surface p-2 pl-4 shadow-high"
        >
          {selected.map((id) => (
            <input key={id} type="hidden" name="ids" value={id} />
          ))}
          <p role="status" className="font-medium whitespace-nowrap">
            {count} selected
          </p>
          <button type="button" onClick={clear} className="btn btn-small btn-quiet">
            Clear
          </button>
          <button type="submit" disabled={pending} className="btn btn-small btn-danger">
            Revoke {count}
          </button>
        </form>
      )}
    </>
  );
}
