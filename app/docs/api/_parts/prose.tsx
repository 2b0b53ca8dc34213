/** A sentence of the document, in which backticks set code. */
export function Prose({ text }: { text: string }) {
  return [...text.matchAll(/`([^`]+)`|[^`]+/g)].map(({ 0: piece, 1: code, index }) =>
    code === undefined ? (
      piece
    ) : (
      <code key={index} className="rounded bg-sunken px-1 font-mono text-meta wrap-anywhere">
        {code}
      </code>
    ),
  );
}

/** A block of text to copy or to read as it is. It scrolls by itself, also by keyboard. */
export function Block({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within the keyboard's reach
    <section aria-label={label} tabIndex={0} className="overflow-x-auto rounded-lg bg-sunken p-3">
      <pre className="font-mono text-meta">{text}</pre>
    </section>
  );
}
