import type { Server, ServerOptions } from 'node:http';

/** Longest header section in bytes; longer ones get Node's 431 before any of our code runs. */
const maxHeaderSize = 16 * 1024;

/** How often in the time that a header may take Node looks for headers that took longer; by itself only every 30 s. */
const looksPerLimit = 10;

/** Limits of the one socket. @param headersMs milliseconds within which a request's header must have come */
export function serverOptions(headersMs = 20_000): ServerOptions {
  return {
    maxHeaderSize,
    headersTimeout: headersMs,
    requestTimeout: 3 * headersMs,
    connectionsCheckingInterval: headersMs / looksPerLimit,
    keepAliveTimeout: 65_000,
  };
}

/** The methods that anything here takes; HTTP knows more of them (RFC 9110 §9.1). */
export const knownMethods: readonly string[] = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

const noTunnel = [
  'HTTP/1.1 405 Method Not Allowed',
  `Allow: ${knownMethods.join(', ')}`,
  'Content-Length: 0',
  'Connection: close',
].join('\r\n');

/** Answers CONNECT, which Node hands to no listener of requests, as every other method that nothing here takes. */
export function refuseTunnels(server: Server): void {
  server.on('connect', (_, socket) => {
    socket.on('error', () => {});
    socket.end(`${noTunnel}\r\n\r\n`);
  });
}
