import { hub } from '../hub';
import { currentUser } from '../users';

const Button = ({ action, name }: { action: string; name: string }) => (
  <form method="post" action={action}>
    <button type="submit">{name}</button>
  </form>
);

export default async function Settings() {
  const { label, connection: id } = await currentUser();
  const connection = id && (await hub.call('getConnection', { path: { id } }));
  return (
    <main>
      <h1>Settings</h1>
      <p>You are {label}.</p>
      {connection ? (
        <>
          <p>{`GitHub: ${connection.account.label}, ${connection.status}`}</p>
          <a href="/me">Who am I at GitHub?</a>
          <Button action="/connect" name="Reconnect GitHub" />
          <Button action="/disconnect" name="Disconnect GitHub" />
        </>
      ) : (
        <>
          <p>GitHub: not connected</p>
          <Button action="/connect" name="Connect GitHub" />
        </>
      )}
    </main>
  );
}
