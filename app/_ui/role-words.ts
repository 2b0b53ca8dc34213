import type { Role } from '#lib/context';

/** What each role is called, and what it may do. */
export const roleWords: Record<Role, { word: string; meaning: string }> = {
  user: { word: 'User', meaning: 'Connects accounts of their own.' },
  auditor: { word: 'Auditor', meaning: 'Sees every connection, key and person, and changes nothing.' },
  administrator: { word: 'Administrator', meaning: 'Sees everything, and may revoke, disable and delete.' },
};

export const roles = Object.keys(roleWords) as Role[];
