import { type Making, runtimeFrom } from '#tests/child-runtime';
import { Visitor } from '#tests/visitor';

/**
 * A small process in which one person connects account after account until it is killed, and says after each callback
 * which connection the browser was sent to. For tests of `kill -9`; speaks with its parent over IPC.
 */
interface Orders extends Making {
  person: string;
}

process.once('message', async (message) => {
  const orders = message as Orders;
  const { person } = orders;
  const runtime = runtimeFrom(orders, 2);
  const visitor = new Visitor(runtime);
  await visitor.signIn(person);
  for (let account = 1; ; account++) {
    const { demoJar: jar } = new Visitor(runtime);
    const back = await visitor.connect('okta', { account: `account-${account}-of-${person}`, jar });
    process.send?.({ acknowledged: back.searchParams.get('connection') });
  }
});
