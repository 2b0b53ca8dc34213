import { startConnect, withRefusals } from '../../hub';
import { currentUser } from '../../users';

export const POST = withRefusals(async (request) => {
  const { id, label, connection } = await currentUser();
  return startConnect(request, { user: { id, label }, ...(connection ? { connection } : { provider: 'github' }) });
});
