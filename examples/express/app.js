// An application with users of its own, which connects their GitHub accounts. docs/sdk.md explains the parts.
import { createClient, grantkeepFetch, isGrantkeepError } from '@grantkeep/client';
import { createConnect, sendRedirect } from '@grantkeep/client/connect';
import express from 'express';
import { refusalPage, settingsPage } from './pages.js';
import { users } from './users.js';

const { HUB_URL, GRANTKEEP_KEY, APP_URL, SECRET, PORT, GITHUB_API = 'https://api.github.com' } = process.env;
const hub = createClient({ url: HUB_URL, apiKey: GRANTKEEP_KEY });
const { startConnect, startManage, finishManage } = createConnect({
  client: hub,
  returnUrl: `${APP_URL}/connected`,
  secret: SECRET,
});

const app = express();
app.use(express.urlencoded({ extended: false }), users);

app.get('/', async ({ user }, response) => {
  const connection = user.connection && (await hub.call('getConnection', { path: { id: user.connection } }));
  if (connection?.status === 'revoked') user.connection = undefined;
  response.send(settingsPage(user, user.connection && connection));
});

app.post('/connect', async (request, response) => {
  const { id, label, connection } = request.user;
  const asked = connection ? { connection } : { provider: 'github' };
  sendRedirect(response, await startConnect(request, { user: { id, label }, ...asked }));
});

app.post('/manage', async (request, response) => {
  const { id, label } = request.user;
  sendRedirect(response, await startManage(request, { user: { id, label } }));
});

app.get('/connected', async (request, response) => {
  const made = await finishManage(request, { user: request.user });
  if (made) request.user.connection = made.id;
  hub.forget(request.user.connection);
  response.redirect(303, '/');
});

app.get('/me', async ({ user }, response) => {
  const github = grantkeepFetch(hub, user.connection, { baseUrl: GITHUB_API });
  const answer = await github('/user');
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status}.`);
  response.type('text').send(`At GitHub you are ${(await answer.json()).login}.`);
});

app.post('/disconnect', async ({ user }, response) => {
  await hub.call('revokeConnection', { path: { id: user.connection } });
  hub.forget(user.connection);
  user.connection = undefined;
  response.redirect(303, '/');
});

app.use((error, _request, response, _next) => {
  if (!isGrantkeepError(error)) console.error(error);
  const code = isGrantkeepError(error) ? error.code : 'internal';
  response.status(code === 'internal' ? 500 : 409).send(refusalPage(code));
});

app.listen(Number(PORT), '127.0.0.1', () => console.log('listening'));
