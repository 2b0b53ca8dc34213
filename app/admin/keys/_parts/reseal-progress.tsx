import { Fact, Facts } from '#app/_ui/facts';
import { Time } from '#app/_ui/time';
import type { ResealView } from '#lib/vault-keys/views';
import { numberText } from '#ui/number-text';

const states: Record<ResealView['state'], string> = { running: 'Running', paused: 'Paused', done: 'Done' };

/** How far the resealing is. */
export function ResealProgress({ reseal }: { reseal: ResealView }) {
  const { state, key, seen, total, resealed, skipped, startedAt, finishedAt } = reseal;
  return (
    <Facts>
      <Fact label="State">
        {states[state]}, {finishedAt ? 'ended' : 'begun'} <Time at={finishedAt ?? startedAt} />
      </Fact>
      <Fact label="Under">
        <code className="font-mono wrap-anywhere">{key}</code>
      </Fact>
      {state !== 'done' && (
        <Fact label="Connections">
          <progress aria-label="Connections looked at" value={seen} max={Math.max(1, total)} className="mr-3 w-40" />
          <span className="tabular">
            {numberText(seen)} of about {numberText(total)}
          </span>
        </Fact>
      )}
      <Fact label="Sealed anew">
        <span className="tabular">{numberText(resealed)} rows</span>
      </Fact>
      {skipped > 0 && (
        <Fact label="Left">
          <span className="tabular">{numberText(skipped)} rows</span> do not open. The log names each (
          <code>reseal_skipped</code>).
        </Fact>
      )}
    </Facts>
  );
}
