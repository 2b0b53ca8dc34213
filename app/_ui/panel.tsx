interface PanelProps {
  /** Of its heading, on this page. */
  id: string;
  title: React.ReactNode;
  /** Less room below the heading, where rows with room of their own follow. */
  tight?: boolean;
  /** Takes the whole width of a page with two columns. */
  wide?: boolean;
  children: React.ReactNode;
}

/** A part of a page on a card, under its heading. */
export function Panel({ id, title, tight = false, wide = false, children }: PanelProps) {
  return (
    <section aria-labelledby={id} className={`card p-5 ${wide ? 'xl:col-span-2' : ''}`}>
      <h2 id={id} className={`${tight ? 'mb-2' : 'mb-4'} text-section font-semibold`}>
        {title}
      </h2>
      {children}
    </section>
  );
}
