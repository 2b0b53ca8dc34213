/**
 * The application's return address with what came of the session. It is compared as a whole when the session is made, and
 * its own query, if it has one, has none of these names.
 */
export function backToApplication(
  returnUrl: string,
  result: { session: string; code: string } | { session: string; error: string } | { session: string },
): string {
  const url = new URL(returnUrl);
  for (const [name, value] of Object.entries(result)) url.searchParams.set(name, value);
  return url.href;
}
