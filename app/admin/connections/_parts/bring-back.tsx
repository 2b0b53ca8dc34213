import { CopyButton } from '#app/_ui/copy-button';
import { Link } from '#app/_ui/link';
import { countByProvider, type ProviderCountsView } from '#lib/connections/count-by-provider';
import type { Context } from '#lib/context';
import { countReconnects, type ReconnectCounts } from '#lib/person-mails/ask-reconnect';
import { inPart } from '#lib/web/page';
import { cardPath } from '#ui/card-path';
import { numberText } from '#ui/number-text';
import { AskReconnect } from '../../_parts/ask-reconnect.tsx';
import { askAll } from '../../providers/actions.ts';

/** So many providers stand beside the list. The pages of the others have the same. */
const shown = 3;

/** One after the other: a page must not take every connection of the pool. */
async function readWaiting(ctx: Context, only: string | undefined) {
  const waiting = (await countByProvider(ctx)).filter(
    ({ provider: { id }, counts }) =>
      counts.needs_reconnect > 0 && ctx.providers.get(id) !== undefined && (only === undefined || id === only),
  );
  const first: (ProviderCountsView & { mail: ReconnectCounts })[] = [];
  for (const one of waiting.slice(0, shown))
    first.push({ ...one, mail: await countReconnects(ctx, { provider: one.provider.id }) });
  return { first, more: waiting.length - first.length };
}

/** Each provider with connections that need their person: the link to give them, and the mail. `only`: of that one alone. */
export async function BringBack({ ctx, only }: { ctx: Context; only: string | undefined }) {
  const read = await inPart(ctx, 'reconnects', readWaiting(ctx, only));
  if (!read || read.first.length === 0) return null;
  return (
    <section aria-labelledby="bring-back" className="card mb-4 flex flex-col gap-3 p-4">
      <div>
        <h2 id="bring-back" className="font-semibold">
          Bring people back
        </h2>
        <p className="text-meta text-soft">
          The link holds no secret. It works after signing in, for people with an account there.
        </p>
      </div>
      <ul className="flex flex-col gap-2">
        {read.first.map(({ provider: { id, name }, counts, mail }) => (
          <li key={id} className="flex flex-wrap items-center gap-x-3 gap-y-2">
            <Link href={`/admin/providers/${encodeURIComponent(id)}`} className="link wrap-anywhere">
              {name}
            </Link>
            <span className="tabular text-soft">{numberText(counts.needs_reconnect)} to reconnect</span>
            <CopyButton text={new URL(cardPath(id), ctx.config.appUrl).href} label="Copy the link" of={`for ${name}`} />
            {mail.canMail && mail.askable.people > 0 && (
              <AskReconnect
                fields={[
                  ['provider', id],
                  ['expected', String(mail.askable.connections)],
                ]}
                action={askAll}
                {...mail.askable}
              />
            )}
          </li>
        ))}
      </ul>
      {read.more > 0 && (
        <p className="text-meta text-soft">
          {numberText(read.more)} more providers have such connections. Filter by one of them.
        </p>
      )}
    </section>
  );
}
