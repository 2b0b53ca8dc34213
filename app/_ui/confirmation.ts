/** What is typed to revoke several connections at once; form and server action agree through this. */
export function revocationWord(count: number): string {
  return `revoke ${count}`;
}

/** What is typed to delete a person. */
export const deletionWord = 'delete';

/** What is typed to set a freeze, so that nobody does by a slip. */
export const freezeWord = 'freeze';
