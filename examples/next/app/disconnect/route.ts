import { hub, seeOther, withRefusals } from '../../hub';
import { currentUser } from '../../users';

export const POST = withRefusals(async () => {
  const user = await currentUser();
  const { connection: id } = user;
  if (id) {
    await hub.call('revokeConnection', { path: { id } });
    hub.forget(id);
    user.connection = undefined;
  }
  return seeOther('/');
});
