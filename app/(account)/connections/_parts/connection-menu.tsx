import { ConnectForm } from '#app/_ui/connect-form';
import { Ellipsis } from '#app/_ui/icons';
import { Link } from '#app/_ui/link';
import type { ConnectionView } from '#lib/connections/views';

interface ConnectionMenuProps {
  connection: ConnectionView;
  returnTo: string;
  /** False where the row itself already offers it. */
  reconnect: boolean;
}

/** What can be done with one account. A `<details>`, so that it opens without JavaScript. */
export function ConnectionMenu({ connection, returnTo, reconnect }: ConnectionMenuProps) {
  const { id, provider, account, status } = connection;
  const path = `/connections/${id}`;
  const live = status !== 'revoked';
  return (
    <details data-menu name="connection-menu" className="relative flex-none">
      <summary
        aria-label={`Actions for ${account.label}`}
        className="grid size-8 place-items-center rounded-md text-soft hover:bg-sunken hover:text-ink"
      >
        <Ellipsis aria-hidden="true" className="size-4" />
      </summary>
      <div className="menu">
        <Link href={path} className="menu-item">
          Details
        </Link>
        {live && reconnect && status !== 'frozen' && (
          <ConnectForm intent="reconnect" provider={provider.id} connectionId={id} returnTo={returnTo}>
            <button type="submit" className="menu-item">
              Reconnect
            </button>
          </ConnectForm>
        )}
        {live && (
          <form action={`${path}/disconnect`}>
            <button type="submit" className="menu-item text-bad hover:bg-bad-tint">
              Disconnect
            </button>
          </form>
        )}
      </div>
    </details>
  );
}
