import { Fact, Facts } from '#app/_ui/facts';

/** Who did what in a failure scenario, the authorization server and the hub told apart. */
export function Endings({ server, hub }: { server: string; hub: string }) {
  return (
    <Facts>
      <Fact label="The authorization server">{server}</Fact>
      <Fact label="The hub">{hub}</Fact>
    </Facts>
  );
}
