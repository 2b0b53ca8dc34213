import { finishConnect, hub, seeOther, withRefusals } from '../../hub';
import { currentUser } from '../../users';

export const GET = withRefusals(async (request) => {
  const user = await currentUser();
  const { id } = await finishConnect(request, { user });
  user.connection = id;
  hub.forget(id);
  return seeOther('/');
});
