import { globSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';

/** A function that anybody on the network can call by its id. */
export interface ServerAction {
  /** Its file under `app/` and its name: `admin/people/actions#disable`. */
  name: string;
  id: string;
  /** A page that it works on, as the build names it. */
  page: string;
  /** Called as `useActionState` does, with the state before the form. */
  takesState: boolean;
}

interface Manifest {
  node: Record<string, { filename: string; exportedName: string; workers: Record<string, unknown> }>;
  edge: Record<string, unknown>;
}

const nameOf = (file: string, exported: string) => `${file.replace(/^app\//, '').replace(/\.tsx?$/, '')}#${exported}`;

/** Every server action of the build that the stories run against. */
export function builtActions(): ServerAction[] {
  const manifest = JSON.parse(readFileSync('.next/server/server-reference-manifest.json', 'utf8')) as Manifest;
  if (Object.keys(manifest.edge).length > 0) throw new Error('There are actions on the edge, which nobody looks at.');
  return Object.entries(manifest.node).map(([id, { filename, exportedName, workers }]) => ({
    id,
    name: nameOf(filename, exportedName),
    page: Object.keys(workers)[0] ?? '',
    // The first byte says which arguments are used: all of them, or the form alone.
    takesState: id.startsWith('7f'),
  }));
}

/** Every function that the sources offer as a server action; one inside of another file counts as `#inline`. */
export function writtenActions(): string[] {
  return globSync('{app,lib}/**/*.{ts,tsx}').flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const directives = text.match(/^\s*['"]use server['"]/gm)?.length ?? 0;
    if (directives === 0) return [];
    if (!/^['"]use server['"]/.test(text) || directives > 1) return [nameOf(file, 'inline')];
    const exported = text.matchAll(/^export (?:const|(?:async )?function) (\w+)/gm);
    return [...exported].map(([, name = '']) => nameOf(file, name));
  });
}

export type Fields = readonly (readonly [name: string, value: string])[];

/**
 * Calls an action as a client that knows its id can, without its page. Answers `ok`; the code that refused it; the path
 * and outcome that it sends on to; `nothing` where it answers nothing; `status` with the number of an answer that is no
 * action's.
 * @param headers beside those of a call from our own page
 */
export async function callAction(
  page: Page,
  action: ServerAction,
  call: { path: string; origin: string | null; fields: Fields; headers?: Record<string, string> },
): Promise<string> {
  const { path, origin, fields, headers = {} } = call;
  const multipart = new FormData();
  for (const [name, value] of fields) multipart.append(`_1_${name}`, value);
  // After the fields, since it refers to them.
  multipart.append('0', action.takesState ? '[null,"$K1"]' : '["$K1"]');
  const answer = await page.request.post(path, {
    headers: { accept: 'text/x-component', 'next-action': action.id, ...(origin && { origin }), ...headers },
    multipart,
    maxRedirects: 0,
  });
  const redirect = answer.headers()['x-action-redirect'];
  if (redirect) {
    const { pathname, searchParams } = new URL(redirect.split(';')[0] ?? '', 'http://hub');
    return searchParams.get('flow') ?? pathname;
  }
  const text = await answer.text();
  if (answer.headers()['content-type'] === 'application/problem+json') return JSON.parse(text).code;
  if (answer.status() >= 500) return `status ${answer.status()}`;
  return /"ok":true/.test(text) ? 'ok' : (/"ok":false,"code":"(\w+)"/.exec(text)?.[1] ?? 'nothing');
}
