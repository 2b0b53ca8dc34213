import type { Server } from 'node:http';

/**
 * Ends a server: nothing new is taken, running requests go on, and each connection is closed as soon as its last answer
 * is sent. Node itself would keep one that a browser holds open until its keep-alive time is over.
 */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  try {
    await closed;
  } finally {
    clearInterval(sweep);
  }
}
