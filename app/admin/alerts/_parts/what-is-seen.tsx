/** What an alert about reads can say, and what it cannot. */
export function WhatIsSeen() {
  return (
    <p className="mt-6 max-w-[75ch] text-meta text-soft">
      The hub sees who <em>fetched</em> a token, when and from where. It does not see who <em>used</em> it: a token that
      a service read and lost is used at the provider without passing here. For that, look into the provider’s own audit
      log.
    </p>
  );
}
