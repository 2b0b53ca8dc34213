import { CopyIcon } from '#app/_ui/copy-icon';

/** An identifier, whole and in monospace, with a button that copies it. `what` names it to screen readers. */
export function CopiedId({ id, what }: { id: string; what: string }) {
  return (
    <span className="inline-flex max-w-full items-center gap-1 align-middle">
      <code className="min-w-0 font-mono text-meta wrap-anywhere">{id}</code>
      <CopyIcon text={id} label={`Copy ${what}`} />
    </span>
  );
}
