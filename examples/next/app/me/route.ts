import { grantkeepFetch } from '@grantkeep/client';
import { hub, seeOther, withRefusals } from '../../hub';
import { currentUser } from '../../users';

const { GITHUB_API = 'https://api.github.com' } = process.env;

export const GET = withRefusals(async () => {
  const { connection } = await currentUser();
  if (!connection) return seeOther('/');
  const answer = await grantkeepFetch(hub, connection, { baseUrl: GITHUB_API })('/user');
  if (!answer.ok) throw new Error(`GitHub answered ${answer.status}.`);
  const { login } = (await answer.json()) as { login: string };
  return new Response(`At GitHub you are ${login}.`);
});
