import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from '#scripts/postgres-server';

/** An address on loopback that leads to another one while it is open, and refuses connections while it is shut. */
export interface TcpGate {
  port: number;
  /** Cuts every connection and refuses new ones. */
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Takes connections and everything that is sent, and passes nothing on. */
  deafen(): void;
  /** Passes on again the bytes of new connections. Deaf ones stay deaf, as behind a firewall that forgot them. */
  hear(): void;
}

/** Makes an open gate before `host:port`. */
export async function openTcpGate(target: { host: string; port: number }): Promise<TcpGate> {
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let deaf = false;
  // It keeps its port while it is shut.
  const port = await freePort();
  const listen = async () => {
    server = createServer((near) => {
      sockets.add(near);
      near.on('error', () => {});
      near.once('close', () => sockets.delete(near));
      if (deaf) return void near.resume();
      const far = connect(target.port, target.host);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.pipe(other);
        socket.on('error', () => other.destroy());
        socket.once('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      }
    }).listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen();
  return {
    port,
    shut: async () => {
      const closed = server && once(server, 'close');
      server?.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    open: listen,
    deafen: () => {
      deaf = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    hear: () => {
      deaf = false;
    },
  };
}
