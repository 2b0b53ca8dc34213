import { Fact, Facts } from '#app/_ui/facts';
import { GoOn } from '#app/_ui/go-on';
import { Download } from '#app/_ui/icons';
import { standingFreeze } from '#lib/freezes/list';
import type { FreezeScope } from '#lib/freezes/views';
import type { PersonContext } from '#lib/guards/require';
import type { IncidentView } from '#lib/incidents/views';
import { freezeSubject } from '#ui/freeze-words';
import { numberText } from '#ui/number-text';
import { FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { PrepareIncident } from './prepare-incident.tsx';
import { TellPeople } from './tell-people.tsx';

interface Freezable {
  scope: FreezeScope;
  target: string;
  name: string | null;
}

/** So many of a kind are offered; the others have pages of their own. */
const offered = 3;

/** What a freeze could stop beside the alert's own subject, the narrowest first. */
function freezableIn({ alert, services, providers, people }: IncidentView): Freezable[] {
  const of = (scope: FreezeScope, among: IncidentView['people']): Freezable[] =>
    among.top.slice(0, offered).map(({ id, name }) => ({ scope, target: id, name: name ?? id }));
  const all = [
    ...of('api_key', services),
    ...of('person', people),
    ...of('provider', providers),
    { scope: 'everything' as const, target: '', name: null },
  ];
  return all.filter(({ target }) => target !== (alert.subject?.id ?? ''));
}

/** Rules about ends of grants: nothing of them is left to revoke. */
const ended = ['mass_revocation', 'revocations_failing', 'revocation_given_up', 'revoked_still_accepted'];

interface IncidentActsProps {
  ctx: PersonContext;
  incident: IncidentView;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
  path: string;
}

/** What an administrator does about an incident, in the order of the hurry, in place. */
export async function IncidentActs({ ctx, incident, signInUntil, path }: IncidentActsProps) {
  const administrator = ctx.actor.role === 'administrator';
  const { alert, connections, people } = incident;
  const freezable = freezableIn(incident);
  const freezes = await Promise.all(freezable.map(({ scope, target }) => standingFreeze(ctx, { scope, target })));
  const revocable = administrator && connections.total > 0 && !ended.includes(alert.rule);
  return (
    <Facts>
      {administrator && (
        <Fact label="Freeze">
          <ul className="flex flex-col gap-2">
            {freezable.map((one, n) => (
              <li key={`${one.scope} ${one.target}`} className="flex flex-wrap items-center justify-between gap-2">
                <span className="min-w-0 wrap-anywhere">{freezeSubject({ ...one, targetName: one.name })}</span>
                <FreezeControl {...one} freeze={freezes[n]} administrator small signInUntil={signInUntil} />
              </li>
            ))}
          </ul>
        </Fact>
      )}
      {revocable && (
        <Fact label="Revoke">
          <p className="mb-2">
            {connections.total === 1
              ? 'The connection of this incident.'
              : `The ${numberText(connections.total)} connections of this incident.`}{' '}
            <span className="text-soft">You see each of them before anything is revoked.</span>
          </p>
          <PrepareIncident id={alert.id} />
        </Fact>
      )}
      {administrator && people.total > 0 && (
        <Fact label="Tell">
          {ctx.config.mail ? (
            <TellPeople id={alert.id} people={people.total} />
          ) : (
            <span className="text-soft">This hub sends no mail: SMTP_URL is not set.</span>
          )}
        </Fact>
      )}
      <Fact label="Keep evidence">
        <p className="mb-2 text-soft">
          A checkpoint proves later that the ledger was not rewritten up to now. Keep the file outside this hub.
        </p>
        <form action="/admin/ledger/checkpoint" method="post">
          <GoOn form="checkpoint" />
          <input type="hidden" name="return_to" value={path} />
          <button type="submit" className="btn btn-small btn-plain">
            <Download aria-hidden="true" className="size-4" />
            Export a checkpoint
          </button>
        </form>
      </Fact>
    </Facts>
  );
}
