import { createHash } from 'node:crypto';
import type { ServerStore } from '#demo/store';

export interface Person {
  subject: string;
  name: string;
  /** A user name as the namesake shows it, such as `ada-lovelace`. */
  login: string;
  email: string;
}

/** Who can be chosen on the page, by label of the button. */
export interface KnownPerson {
  name: string;
  email: string;
  /** The button's text where it is not "Continue as {name}". */
  button?: string;
}

export const defaultPeople: readonly KnownPerson[] = [
  { name: 'Ada Lovelace', email: 'ada@example.com' },
  { name: 'Grace Hopper', email: 'grace@example.com' },
];

/** Reads the typed or pressed name: a known name, another one, or an e-mail address. Null when it is empty. */
export function personFrom(text: string, known: readonly KnownPerson[]): Omit<Person, 'subject'> | null {
  const typed = text.trim().slice(0, 80);
  if (typed === '') return null;
  const found = known.find((person) => person.name === typed || person.email === typed);
  const at = typed.indexOf('@');
  const name = found?.name ?? (at > 0 ? typed.slice(0, at) : typed);
  const login = slug(name);
  if (login === '') return null;
  return { name, login, email: found?.email ?? (at > 0 ? typed.toLowerCase() : `${login}@example.com`) };
}

function slug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
}

/** Decimal digits of a hash: the numeric ids of GitHub and Google. Never starts with a zero. */
export function digitsOf(text: string, length: number): string {
  const number = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`);
  return `1${number.toString().slice(0, length - 1)}`;
}

/** Letters and digits of a hash: the ids of Okta, Auth0 and Salesforce. */
export function lettersOf(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}

export function rememberPerson(store: ServerStore, person: Person): void {
  store.set('Person', person.subject, { ...person });
}

export function findPerson(store: ServerStore, subject: string): Person | undefined {
  const row = store.get('Person', subject);
  return row ? (row.payload as unknown as Person) : undefined;
}
