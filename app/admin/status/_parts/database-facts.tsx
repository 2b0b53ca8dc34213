import { Fact, Facts } from '#app/_ui/facts';
import { CircleAlert, CircleCheck } from '#app/_ui/icons';
import { Badge } from '#app/_ui/status';
import type { DatabaseStatusView } from '#lib/status/database-status';

const engines = { postgres: 'PostgreSQL', pglite: 'Embedded (PGlite), as PostgreSQL' };

/** Which database it is, that it answers, and whether its schema is this build's. */
export function DatabaseFacts({ database }: { database: DatabaseStatusView }) {
  const { engine, version, answeredInMs, migrations, unboundRows, missingKeys, keyService } = database;
  return (
    <div className="card p-5">
      <Facts>
        <Fact label="Engine">
          {engines[engine]} {version}
        </Fact>
        <Fact label="Answers">
          <span className="tabular">in {answeredInMs < 1 ? 'less than 1' : Math.round(answeredInMs)} ms</span>
        </Fact>
        <Fact label="Schema">
          {migrations.state === 'current' ? (
            <Badge tone="good" icon={CircleCheck}>
              This build’s
            </Badge>
          ) : (
            <Badge tone="warn" icon={CircleAlert}>
              {migrations.state === 'newer' ? 'Newer than this build' : 'Older than this build'}
            </Badge>
          )}{' '}
          <span className="tabular text-soft">
            {migrations.applied} migrations applied, this build has {migrations.known}
          </span>
        </Fact>
        <Fact label="Stored tokens">
          {keyService.downSince && (
            <p>
              <Badge tone="bad" icon={CircleAlert}>
                Key service down
              </Badge>{' '}
              <span className="tabular">
                {keyService.secondsLeft === 0
                  ? 'This process opens no stored token until it answers again.'
                  : `This process goes on for ${Math.floor((keyService.secondsLeft ?? 0) / 60)} minutes more.`}
              </span>
            </p>
          )}
          {missingKeys.map(({ kid, rows }) => (
            <p key={kid}>
              <Badge tone="bad" icon={CircleAlert}>
                Key missing
              </Badge>{' '}
              <span className="tabular">
                {rows} {rows === 1 ? 'row is' : 'rows are'} sealed with <code>{kid}</code>, which no configured key
                opens.
              </span>
            </p>
          ))}
          {unboundRows > 0 ? (
            <span className="tabular">{unboundRows} rows still have the form of an earlier version.</span>
          ) : (
            'All bound to where they may go.'
          )}
        </Fact>
      </Facts>
    </div>
  );
}
