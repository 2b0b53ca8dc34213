import type { ConnectSessionStatus } from '#lib/db/schema/connect-sessions';

export { connectSessionStatuses } from '#lib/db/schema/connect-sessions';

/** How long a link may be followed, and how long a received grant waits to be completed, in seconds. */
export const connectSessionSeconds = 600;

/** The page of a session's link. In the query, since logs have paths. */
export const connectSessionPage = (token: string): string => `/connect-session?${new URLSearchParams({ token })}`;

/** A connect session as its application sees it. */
export interface ConnectSessionView {
  id: string;
  personId: string;
  status: ConnectSessionStatus;
  /** The code of the error that it ended with. */
  error: string | null;
  /** The provider that answered. */
  provider: string | null;
  /** The connection that came of it. */
  connectionId: string | null;
  createdAt: Date;
  /** While it is `open` or `received`: when it ends by itself. */
  expiresAt: Date;
}
