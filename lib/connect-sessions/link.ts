/** How long a link may be followed, and how long a received grant waits to be completed, in seconds. */
export const connectSessionSeconds = 600;

/** The page of a session's link. In the query, since logs have paths. */
export const connectSessionPage = (token: string): string => `/connect-session?${new URLSearchParams({ token })}`;
