import { glob, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { desc, ne, sql } from 'drizzle-orm';
import type { HubCheck, Observation } from '#lib/checks/check';
import { hostWithPort } from '#lib/config/address-class';
import type { Context } from '#lib/context';
import { rowsOf } from '#lib/db/database';
import { ledger } from '#lib/db/schema/ledger';
import { createLogger } from '#lib/log';
import { basicHeader } from '#lib/oauth/basic-credentials';
import { asPrevious } from '#lib/oauth/client-secrets';
import { secretsOf } from '#lib/provider-check/probe';
import type { ProviderRecord } from '#lib/providers/record';

/** Shorter secrets stand in other words by chance. */
const shortest = 8;
const mostFiles = 5_000;
const mostBytes = 8 * 1024 * 1024;
const mostEntries = 2_500;
const mostRows = 2_000;

/** The folders of files that browsers may load. */
const browserFolders = (): string[] => ['.next/static', 'public'].map((folder) => join(process.cwd(), folder));

/** A client's secret in every form in which something may repeat it. */
interface Needle {
  provider: string;
  forms: string[];
}

const needleOf = (record: ProviderRecord): Needle => {
  const secrets = secretsOf(record).filter(({ length }) => length >= shortest);
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    new URLSearchParams([['', secret]]).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString('base64'),
  ]);
  const basic = [record, ...(record.client_secret_previous ? [asPrevious(record)] : [])].flatMap((client) =>
    client.client_secret
      ? (['form', 'raw'] as const).map((encoding) => basicHeader(client, encoding).slice('Basic '.length))
      : [],
  );
  return { provider: record.id, forms: [...new Set([...forms, ...basic])] };
};

/** A place that was searched: its name, how much of it there is, and its texts. */
interface Place {
  name: string;
  texts: () => AsyncIterable<string> | Iterable<string>;
  /** Every hub that runs has some: where none is found, the check did not see the place. */
  always?: true;
}

/** One file after the other, so that other work of the process goes on in between. */
async function* filesOf(folders: readonly string[]): AsyncIterable<string> {
  let left = mostFiles;
  for (const folder of folders)
    for await (const entry of glob('**/*', { cwd: folder, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || (await stat(path)).size > mostBytes || left-- <= 0) continue;
      yield await readFile(path, 'utf8');
    }
}

async function* pagesOf(ctx: Context): AsyncIterable<string> {
  const { appUrl } = ctx.config;
  for (const path of ['/sign-in', '/docs/api']) {
    const asked = ctx.fetch(new URL(path, appUrl), { operatorHosts: [hostWithPort(appUrl)], showRedirect: true });
    // A hub that does not run just now shows no pages.
    const response = await asked.catch(() => null);
    if (response?.ok) yield await response.text();
  }
}

/**
 * The newest entries, and the newest refusals, which have words of providers in them; each by its index. The secret never
 * goes to the database: rows come here to be searched.
 */
async function* entriesOf(ctx: Context): AsyncIterable<string> {
  for (const which of [undefined, ne(ledger.outcome, 'ok')]) {
    const rows = await ctx.database.db
      .select({ code: ledger.code, details: ledger.details })
      .from(ledger)
      .where(which)
      .orderBy(desc(ledger.at))
      .limit(mostEntries);
    for (const row of rows) yield JSON.stringify(row);
  }
}

async function* resultsOf(ctx: Context): AsyncIterable<string> {
  const { db } = ctx.database;
  const tables = [
    sql`select results::text as text from provider_checks limit ${mostRows}`,
    sql`select found || ' ' || looked_at as text from check_results order by at desc limit ${mostRows}`,
    sql`select evidence::text as text from alerts order by opened_at desc limit ${mostRows}`,
    sql`select coalesce(status_reason, '') || ' ' || coalesce(last_refresh_error, '') || ' ' || extras::text as text
      from connections order by created_at desc limit ${mostRows}`,
  ];
  for (const table of tables) for (const { text } of rowsOf<{ text: string }>(await db.execute(table))) yield text;
}

/** What the log makes of a secret under the names and in the forms of a request: lines that were written are gone. */
function* logLines(records: readonly ProviderRecord[]): Iterable<string> {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', pretty: false, destination: { write: (line) => void lines.push(line) } });
  for (const record of records)
    for (const secret of secretsOf(record)) {
      log.info({ event: 'check', client_secret: secret, record, nested: { clientSecret: secret } });
      log.info({ event: 'check', err: new Error(`client_secret=${encodeURIComponent(secret)}`) });
      if (record.client_secret) log.info({ event: 'check', headers: basicHeader(record, 'form') });
    }
  yield* lines;
}

/**
 * Looks for the secret of each client where the hub can look.
 * @param folders with the files that browsers may load
 */
export async function lookForSecrets(
  ctx: Context,
  folders: readonly string[] = browserFolders(),
): Promise<Observation> {
  const records = ctx.providers.list();
  const needles = records.map(needleOf).filter(({ forms }) => forms.length > 0);
  const places: Place[] = [
    { name: 'files for browsers', texts: () => filesOf(folders), always: true },
    { name: 'pages that anybody may load', texts: () => pagesOf(ctx), always: true },
    { name: 'entries of the ledger', texts: () => entriesOf(ctx) },
    { name: 'kept results and rows', texts: () => resultsOf(ctx) },
    { name: 'lines of the log', texts: () => logLines(records) },
  ];
  const searched: string[] = [];
  const found: string[] = [];
  const unseen: string[] = [];
  for (const { name, texts, always } of places) {
    let count = 0;
    for await (const text of texts()) {
      count += 1;
      for (const { provider, forms } of needles)
        if (forms.some((form) => text.includes(form))) found.push(`that of ${provider} in ${name}`);
    }
    searched.push(`${count} ${name}`);
    if (count === 0 && always) unseen.push(name);
  }
  const lookedAt = searched.join(', ');
  if (needles.length === 0) return { result: 'unknown', lookedAt, found: 'No provider has a client secret.' };
  if (found.length > 0) {
    const mend = 'Replace the secret in the console of the provider now, then remove the old one from there.';
    return {
      result: 'fails',
      lookedAt,
      found: `A client secret stands in clear: ${[...new Set(found)].join('; ')}.`,
      mend,
    };
  }
  const none = `None of ${needles.length} clients has its secret there.`;
  if (unseen.length === 0) return { result: 'passes', lookedAt, found: none };
  return {
    result: 'unknown',
    lookedAt,
    found: `${none} The hub found no ${unseen.join(' and no ')} to search just now.`,
    mend: 'Let this machine reach APP_URL, and run the check in the folder of the build.',
  };
}

export const clientSecret: HubCheck = {
  id: 'client_secret',
  name: 'Client secrets out of sight',
  line: 'client_secret',
  scope: 'hub',
  alert: 'critical',
  look: (ctx) => lookForSecrets(ctx),
};
