/** The phrase to type before several connections are revoked at once; form and server action share it. */
export function revocationWord(count: number): string {
  return `revoke ${count}`;
}

/** The phrase to type before a person is deleted. */
export const deletionWord = 'delete';

/** The phrase to type before a freeze is set, against a slip of the hand. */
export const freezeWord = 'freeze';
