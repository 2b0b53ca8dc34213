/** The phrase to type before several connections are revoked at once; form and server action share it. */
export function revocationWord(count: number): string {
  return `revoke ${count}`;
}

/** The phrase to type before a person is deleted. */
export const deletionWord = 'delete';

/** The phrase to type before a person with live connections is disabled: no connection comes back. */
export const disablingWord = 'disable';

/** The phrase to type before everything is frozen. Other freezes need none: thawing undoes them. */
export const freezeWord = 'freeze';
