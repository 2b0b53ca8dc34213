// The application's own users. Yours have passwords, a database and sessions that end; these live in memory.
import { randomBytes, randomUUID } from 'node:crypto';
import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';

export interface User {
  id: string;
  label: string;
  /** The id of the connection to GitHub. */
  connection?: string | undefined;
}

/** Pages and handlers have modules of their own: what they share belongs to the process. */
const shared = globalThis as { users?: Map<string, User>; sessions?: Map<string, User> };
shared.users ??= new Map();
shared.sessions ??= new Map();
const { users, sessions } = shared as Required<typeof shared>;

export async function signIn(name: string): Promise<void> {
  const user = users.get(name) ?? { id: randomUUID(), label: name };
  users.set(name, user);
  const session = randomBytes(32).toString('base64url');
  sessions.set(session, user);
  // Lax: the browser sends it when it comes back from the hub, and with no form of another site.
  (await cookies()).set('session', session, { httpOnly: true, sameSite: 'lax' });
}

/** The user who is signed in; everybody else goes to the form. */
export async function currentUser(): Promise<User> {
  const user = sessions.get((await cookies()).get('session')?.value ?? '');
  return user ?? redirect('/sign-in');
}
