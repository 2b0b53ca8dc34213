/** A sentence of the document, in which backticks set code. */
export function Prose({ text }: { text: string }) {
  return text.split(/(`[^`]+`)/).map((piece, at) =>
    piece.startsWith('`') ? (
      // The pieces of a sentence never change their places.
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <code key={at} className="rounded bg-sunken px-1 font-mono text-meta wrap-anywhere">
        {piece.slice(1, -1)}
      </code>
    ) : (
      piece
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
