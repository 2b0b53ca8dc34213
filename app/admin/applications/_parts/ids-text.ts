/** A person's ids at an application, as one text: `42`, or `42 of acme` where it has a tenant. */
export function idsText({ tenant, user }: { tenant: string | null; user: string | null }): string {
  if (user === null) return 'erased';
  return tenant === null ? user : `${user} of ${tenant}`;
}
