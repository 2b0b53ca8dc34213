// Ends with status 0 while the hub in this container answers: for HEALTHCHECK, and for probes that run a program.
import { Agent, get } from 'node:http';

const { HOST = '', PORT = '' } = process.env;
const listened = HOST.trim().replace(/^\[(.+)\]$/, '$1');
get({
  // Every address of the container is also this one.
  host: { '': '127.0.0.1', '0.0.0.0': '127.0.0.1', '::': '::1' }[listened] ?? listened,
  port: PORT.trim() || 3000,
  path: process.argv[2] === 'ready' ? '/readyz' : '/healthz',
  // One of its own: Node's, like `fetch`, asks the proxy that NODE_USE_ENV_PROXY is for.
  agent: new Agent(),
  signal: AbortSignal.timeout(5_000),
})
  .on('response', ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('error', () => process.exit(1));
