/** Where a provider's card stands: a flow that began on it comes back there, and the fragment leads the reader to it. */
export function cardPath(provider: string): string {
  return `/connections#provider-${provider}`;
}
