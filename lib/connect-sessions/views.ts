import type { ConnectSessionStatus } from '#lib/db/schema/connect-sessions';

export { connectSessionStatuses } from '#lib/db/schema/connect-sessions';

/** A connect session as its application sees it. */
export interface ConnectSessionView {
  id: string;
  personId: string;
  status: ConnectSessionStatus;
  /** The code of the error that it ended with. */
  error: string | null;
  /** The provider that answered. */
  provider: string | null;
  /** The account that came back, while the session waits to be completed; null before and after. */
  account: { issuer: string; subject: string; label: string } | null;
  /** The connection that came of it. */
  connectionId: string | null;
  createdAt: Date;
  /** While it is `open` or `received`: when it ends by itself. */
  expiresAt: Date;
}
