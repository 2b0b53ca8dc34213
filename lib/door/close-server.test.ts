import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { closeServer } from '#lib/door/close-server';
import { ask, openDoor } from '#tests/servers/door';

test('draining: a running request is answered, its connection then closed, and nothing new is taken', async () => {
  let draining = false;
  const entered = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  const door = await openDoor(
    {},
    {
      draining: () => draining,
      pages: async (_asked, response) => {
        entered.resolve();
        await release.promise;
        response.end('done');
      },
    },
  );
  // A browser keeps its connection open after the answer.
  const socket = connect(door.port, door.host);
  const received = text(socket);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n');
  await entered.promise;
  draining = true;
  const closed = closeServer(door.server, 60_000);
  await expect(ask(door, {})).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  release.resolve();
  expect(await received).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*done/);
  await closed;
});

test('draining: who sends a request for ever keeps nobody from ending', async () => {
  const door = await openDoor();
  const entered = once(door.server, 'request');
  const socket = connect(door.port, door.host);
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nbegun');
  const received = text(socket);
  await entered;
  await closeServer(door.server, 100);
  expect(await received).toBe('');
});
