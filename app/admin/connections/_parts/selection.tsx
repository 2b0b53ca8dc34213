'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useRef, useState } from 'react';
import { ConfirmDialog } from '#app/_ui/confirm-dialog';
import { revocationWord } from '#ui/confirmation';
import { revokeSelected } from '../actions.ts';

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

/** So many are named in the dialog; the rest are counted. */
const named = 6;

interface Selected {
  id: string;
  label: string;
}

/** Says how many rows are selected and what can be done with them. */
export function SelectionBar() {
  const [selected, setSelected] = useState<Selected[]>([]);
  const router = useRouter();
  useEffect(() => {
    const follow = () =>
      setSelected(chosen().map((box) => ({ id: box.value, label: box.dataset.select ?? box.value })));
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
  const done = (state: { data?: { bulk: string | null } }) => {
    clear();
    // Many take a while: their own page shows how far it has come.
    if (state.data?.bulk) router.push(`/admin/revocations/${state.data.bulk}`);
  };
  const count = selected.length;
  return (
    <>
      {count > 0 && (
        <div className="fixed inset-x-4 bottom-4 z-30 mx-auto flex w-fit max-w-[calc(100vw-2rem)] items-center gap-3 rounded-xl border border-line bg-surface p-2 pl-4 shadow-high">
          <p role="status" className="font-medium whitespace-nowrap">
            {count} selected
          </p>
          <button type="button" onClick={clear} className="btn btn-small btn-quiet">
            Clear
          </button>
          <ConfirmDialog
            trigger={`Revoke ${count}`}
            triggerClass="btn btn-small btn-danger"
            title={count === 1 ? 'Revoke this connection?' : `Revoke ${count} connections?`}
            fields={selected.map(({ id }): [string, string] => ['ids', id])}
            typed={count > 1 ? revocationWord(count) : undefined}
            reason
            confirm={`Revoke ${count}`}
            action={revokeSelected}
            onDone={done}
          >
            <p>
              Services lose access {count === 1 ? 'to it' : `to all ${count}`} at once. The providers are told, and
              asked again until they confirm. This cannot be undone; the people must connect anew.
            </p>
            <ul className="rounded-lg bg-sunken p-2 text-meta text-ink">
              {selected.slice(0, named).map(({ id, label }) => (
                <li key={id} className="truncate">
                  {label}
                </li>
              ))}
              {count > named && <li>and {count - named} more</li>}
            </ul>
          </ConfirmDialog>
        </div>
      )}
    </>
  );
}
