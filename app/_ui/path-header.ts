/** Carries the page's path and query from the proxy to layouts, which are not told. Set anew on every request. */
export const pathHeader = 'x-grantkeep-path';
