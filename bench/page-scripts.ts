import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { systemContext } from '#lib/context';
import { writeSessionId } from '#lib/cookies/session-cookie';
import { withTransaction } from '#lib/db/database';
import { beginSession } from '#lib/sign-in/sessions';
import { addConnection, addPerson } from '#tests/hub';
import type { BenchDatabase } from './stage.ts';
import { rounded } from './statistics.ts';

interface PageScript {
  area: 'account' | 'admin';
  page: string;
  kb: number;
  above_kb: number;
}

/**
 * The script that each page makes a browser load: every chunk that its HTML names, as gzip makes it. An empty page
 * loads what the build lists for all pages.
 */
export async function measureScripts(
  url: string,
  database: BenchDatabase,
): Promise<{ empty_kb: number; pages: PageScript[] }> {
  const { rootMainFiles } = JSON.parse(readFileSync('.next/build-manifest.json', 'utf8')) as {
    rootMainFiles: string[];
  };
  const empty = sizeOf(new Set(rootMainFiles.map((file) => file.replace('static/', ''))));
  const admin = await signedIn(database, 'administrator');
  const { personId, cookie } = await signedIn(database, 'user');
  const connection = await addConnection(database.runtime, { personId });
  const pages: PageScript[] = [];
  for (const [area, page, shown] of [
    ['account', '/sign-in', ''],
    ['account', '/connections', cookie],
    ['account', '/connect?provider=acme', cookie],
    ['account', `/connections/${connection}`, cookie],
    ['account', `/connections/${connection}/disconnect`, cookie],
    ['account', '/account', cookie],
    ['admin', '/admin', admin.cookie],
    ['admin', '/admin/connections', admin.cookie],
    ['admin', `/admin/connections/${connection}`, admin.cookie],
    ['admin', '/admin/people', admin.cookie],
    ['admin', `/admin/people/${personId}`, admin.cookie],
    ['admin', '/admin/api-keys', admin.cookie],
  ] as const) {
    const answer = await fetch(url + page, { headers: { cookie: shown }, redirect: 'follow' });
    if (answer.status !== 200) throw new Error(`${page} answers ${answer.status}.`);
    const kb = sizeOf(chunksIn(await answer.text()));
    const name = page.replace(connection, '{id}').replace(personId, '{id}');
    pages.push({ area, page: name, kb, above_kb: rounded(kb - empty, 3) });
  }
  return { empty_kb: empty, pages };
}

/** Chunks named anywhere in the HTML: as a script, to be loaded ahead, or in the data of a client component. */
function chunksIn(html: string): Set<string> {
  const withoutOldBrowsers = html.replace(/<script[^>]*\snoModule[^>]*>/gi, '');
  return new Set([...withoutOldBrowsers.matchAll(/static\/(chunks\/[\w./~-]+?\.js)/g)].map(([, file]) => String(file)));
}

/** Thousands of bytes, each file compressed for itself. */
function sizeOf(chunks: ReadonlySet<string>): number {
  const bytes = [...chunks].map((file) => gzipSync(readFileSync(`.next/static/${file}`)).length);
  return rounded(bytes.reduce((sum, size) => sum + size, 0) / 1000, 4);
}

async function signedIn({ runtime }: BenchDatabase, role: 'user' | 'administrator') {
  const { id } = await addPerson(runtime, { role });
  const session = await withTransaction(runtime.database.db, (tx) =>
    beginSession(tx, systemContext(runtime, 'bench'), { id, role }),
  );
  const cookies: string[] = [];
  const jar = { set: (name: string, value: string) => cookies.push(`${name}=${value}`) };
  await writeSessionId(runtime.config, jar, session.id, session.seconds);
  return { personId: id, cookie: cookies.join('; ') };
}
