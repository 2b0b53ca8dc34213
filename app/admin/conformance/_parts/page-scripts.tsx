import type { ScriptsView } from '#lib/page-scripts/list';

/** Every script that pages may run, with its reason (PCI DSS 6.4.3); folded, since there are dozens. */
export function PageScripts({ view: { inventory, inline } }: { view: ScriptsView }) {
  return (
    <section aria-labelledby="scripts" className="card mt-4 flex flex-col gap-2 p-5">
      <h2 id="scripts" className="text-section font-semibold">
        Scripts of the pages
      </h2>
      {inventory ? (
        <p className="max-w-[85ch] text-soft">
          Build <code className="font-mono">{inventory.build}</code> has {inventory.scripts.length} files and{' '}
          {inline.length} kinds of scripts in the markup. Each file has an integrity hash, and browsers run none
          without. The scripts in the markup carry the nonce of their answer.
        </p>
      ) : (
        <p className="text-soft">This process runs without a build, so there is no inventory.</p>
      )}
      {inventory && (
        <details>
          <summary className="link w-fit cursor-pointer">Files</summary>
          <ul className="mt-2 flex flex-col">
            {inventory.scripts.map(({ path, bytes, integrity, reason, pages, modules }) => (
              <li key={path} className="flex flex-col gap-1 border-t border-line py-3 text-meta first:border-t-0">
                <h3 className="font-mono wrap-anywhere">{path}</h3>
                <p>{reason}</p>
                <p className="text-soft">
                  {bytes} bytes, <code className="font-mono wrap-anywhere">{integrity}</code>
                </p>
                {pages.length > 0 && <p className="wrap-anywhere text-soft">Pages: {pages.join(', ')}</p>}
                {modules.length > 0 && <p className="wrap-anywhere text-soft">Made of: {modules.join(', ')}</p>}
              </li>
            ))}
          </ul>
        </details>
      )}
      <details>
        <summary className="link w-fit cursor-pointer">In the markup</summary>
        <ul className="mt-2 flex flex-col">
          {inline.map(({ name, begins, reason }) => (
            <li key={name} className="flex flex-col gap-1 border-t border-line py-3 text-meta first:border-t-0">
              <h3 className="font-medium">{name}</h3>
              <p>{reason}</p>
              <p className="text-soft">
                Begins with{' '}
                {begins.map((text) => (
                  <code key={text} className="mr-3 font-mono wrap-anywhere">
                    {text}
                  </code>
                ))}
              </p>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
