import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { TLSSocket } from 'node:tls';

// The way out to a host for each tenant: a forward proxy that speaks TLS in their place and leads all of them to one
// provider. The dead tenant gets a tunnel that stands and answers nothing.

const key = readFileSync(String(process.env.TENANTS_KEY));
const cert = readFileSync(String(process.env.TENANTS_CERT));
const provider = Number(process.env.TENANTS_PROVIDER_PORT);
const dead = String(process.env.TENANTS_DEAD);
let deadTunnels = 0;

const proxy = createServer((_, response) => response.writeHead(405).end());
proxy.on('connect', (request, socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  if (request.url?.startsWith(`${dead}.`)) {
    deadTunnels += 1;
    socket.resume();
    return;
  }
  const inside = new TLSSocket(socket, { isServer: true, key, cert });
  const outside = connect(provider, '127.0.0.1');
  inside.on('error', () => outside.destroy());
  outside.on('error', () => inside.destroy());
  inside.pipe(outside).pipe(inside);
});
proxy.listen(0, '127.0.0.1', () => {
  process.send?.({ url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
});
process.on('message', () => {
  process.send?.({ deadTunnels });
});
