import type { ReactNode } from 'react';

interface CardPartProps {
  id: string;
  title: string;
  /** Classes of its place among the others. */
  className?: string;
  children: ReactNode;
}

/** A part of a page on a card, with its heading. */
export function CardPart({ id, title, className = '', children }: CardPartProps) {
  return (
    <section aria-labelledby={id} className={`card min-w-0 p-5 ${className}`}>
      <h2 id={id} className="mb-4 text-section font-semibold">
        {title}
      </h2>
      {children}
    </section>
  );
}
