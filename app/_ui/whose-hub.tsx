import type { Config } from '#lib/config/config';

export type Organisation = NonNullable<Config['organisation']>;

/** Who runs this hub, and where people ask. */
export function WhoseHub({ organisation: { name, contact } }: { organisation: Organisation }) {
  return (
    <>
      {name} keeps your connected accounts here.
      {contact && (
        <>
          {' '}
          Questions:{' '}
          <a
            href={contact.includes('@') && !contact.startsWith('https:') ? `mailto:${contact}` : contact}
            className="link wrap-anywhere"
            rel="noreferrer"
          >
            {contact}
          </a>
        </>
      )}
    </>
  );
}
