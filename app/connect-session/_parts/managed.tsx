import { Notice } from '#app/_ui/notice';
import type { ManagedPage } from '#lib/connect-sessions/managed';
import type { ConnectionView } from '#lib/connections/views';
import { requestCookies } from '#lib/cookies/request';
import { isAppError } from '#lib/errors';
import { managedPage } from '#lib/web/manage-request';
import { visitorPage } from '#lib/web/page';

/** The page that this browser opened; null where it opened none, or it is over. */
export async function managedHere(id: string): Promise<ManagedPage | null> {
  const ctx = await visitorPage();
  return managedPage(ctx, await requestCookies(), id).catch((error: unknown) => {
    if (isAppError(error) && error.code === 'connect_session_over') return null;
    throw error;
  });
}

/** Says nothing of anybody: it stands also where there never was such a page. */
export function PageOver() {
  return (
    <>
      <h1 className="text-title font-semibold tracking-tight">This page is over</h1>
      <Notice tone="warn" title="It opens once, in one browser, and ends after ten minutes.">
        <p>Go back to the application, and open your connected accounts there again.</p>
      </Notice>
    </>
  );
}

/** Begins to connect the same account anew. The application completes it, in the browser that came from it. */
export function ReconnectForm({
  id,
  connection,
  primary,
}: {
  id: string;
  connection: ConnectionView;
  primary: boolean;
}) {
  return (
    <form method="post" action="/oauth/start">
      <input type="hidden" name="intent" value="connect" />
      <input type="hidden" name="provider" value={connection.provider.id} />
      <input type="hidden" name="connection_id" value={connection.id} />
      <input type="hidden" name="manage" value={id} />
      <button type="submit" className={`btn ${primary ? 'btn-primary' : 'btn-plain'}`}>
        Reconnect
      </button>
    </form>
  );
}
