import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import type { ProcessView } from '#lib/status/list-processes';

/** Says where a process goes by another configuration than its files, or than the other processes. */
export function ConfigurationNotices({ processes }: { processes: ProcessView[] }) {
  const known = processes.filter(({ configuration }) => configuration !== null);
  const digests = new Set(known.map(({ configuration }) => configuration?.digest));
  const waiting = known.filter(({ configuration }) => configuration && configuration.needsRestart.length > 0);
  return (
    <div className="mb-3 flex flex-col gap-3 empty:hidden">
      {known.map((one) => (
        <Refused key={one.id} process={one} />
      ))}
      {digests.size > 1 && (
        <Notice tone="warn" title="The processes run with different configurations">
          <p className="text-meta">
            Compare their variables, PROVIDERS_FILE and secrets. A change reaches every process within seconds if each
            of them sees the same files.
          </p>
        </Notice>
      )}
      {waiting.length > 0 && (
        <Notice tone="info" title="A change waits for a restart">
          <ul className="text-meta">
            {waiting.map(({ id, configuration }) => (
              <li key={id}>
                <code className="font-mono wrap-anywhere">{id}</code>: {configuration?.needsRestart.join(', ')}
              </li>
            ))}
          </ul>
        </Notice>
      )}
    </div>
  );
}

function Refused({ process: { id, lastSeenAt, configuration } }: { process: ProcessView }) {
  if (!configuration?.refused) return null;
  const { msAgo, faults } = configuration.refused;
  return (
    <Notice tone="bad" title="A changed configuration was refused">
      <p className="text-meta">
        <code className="font-mono wrap-anywhere">{id}</code> found faults in its files at{' '}
        <Time at={new Date(lastSeenAt.getTime() - msAgo)} /> and goes on with the configuration that it read before.
      </p>
      <ul className="list-disc pl-5 text-meta">
        {faults.map((fault) => (
          <li key={fault} className="wrap-anywhere">
            {fault}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
