/** Leads the name of every suite that needs several database connections at once, so that reports can list it. */
export const ONLY_WITH_CONNECTIONS = '[several connections]';
