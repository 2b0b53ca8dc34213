import { parseConfig } from '#lib/config/config';
import { providersFileSchema } from '#lib/config/provider-record';
import { openPostgres } from '#lib/db/open';
import { createLogger } from '#lib/log';
import { assembleRuntime } from '#lib/runtime';
import { Visitor } from '#tests/visitor';

/**
 * A small process in which one person connects account after account until it is killed, and says after each callback
 * which connection the browser was sent to. For tests of `kill -9`; speaks with its parent over IPC.
 */
interface Orders {
  databaseUrl: string;
  environment: Record<string, string>;
  records: unknown[];
  person: string;
}

process.once('message', async (message) => {
  const { databaseUrl, environment, records, person } = message as Orders;
  const config = parseConfig(environment);
  const providersFile = providersFileSchema({ appUrl: config.appUrl, env: {} }).parse(records);
  const log = createLogger({ level: 'silent', pretty: false });
  const runtime = assembleRuntime({ ...config, providersFile }, openPostgres(databaseUrl, { max: 2 }), { log });
  const visitor = new Visitor(runtime);
  await visitor.signIn(person);
  for (let account = 1; ; account++) {
    const { demoJar: jar } = new Visitor(runtime);
    const back = await visitor.connect('okta', { account: `account-${account}-of-${person}`, jar });
    process.send?.({ acknowledged: back.searchParams.get('connection') });
  }
});
