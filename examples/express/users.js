// The application's own users. Yours have passwords, a database and sessions that end; these live in memory.
import { randomBytes, randomUUID } from 'node:crypto';
import { Router } from 'express';
import { signInPage } from './pages.js';

const known = new Map();
const sessions = new Map();

export const users = Router();

users.get('/sign-in', (_request, response) => response.send(signInPage()));

users.post('/sign-in', ({ body }, response) => {
  const { name } = body;
  if (!known.has(name)) known.set(name, { id: randomUUID(), label: name });
  const session = randomBytes(32).toString('base64url');
  sessions.set(session, known.get(name));
  // Lax: the browser sends it when it comes back from the hub, and with no form of another site.
  response.cookie('session', session, { httpOnly: true, sameSite: 'lax' }).redirect(303, '/');
});

users.use((request, response, next) => {
  const session = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1];
  request.user = sessions.get(session);
  if (request.user) next();
  else response.redirect(303, '/sign-in');
});
