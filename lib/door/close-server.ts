import type { Server } from 'node:http';

/**
 * Ends a server: nothing new is taken, running requests go on, and each connection is closed as soon as its last answer
 * is sent. Node itself would keep one that a browser holds open until its keep-alive time is over.
 * @param patienceMs after which whatever is still open is cut, or one client that sends its request for ever would keep
 *   the process from ending in order
 */
export async function closeServer(server: Server, patienceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const cut = setTimeout(() => server.closeAllConnections(), patienceMs);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
    clearTimeout(cut);
  }
}
