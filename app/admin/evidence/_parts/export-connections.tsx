import { Clock } from '#app/_ui/clock';
import { GoOn } from '#app/_ui/go-on';
import { Download } from '#app/_ui/icons';
import { numberText } from '#ui/number-text';

interface ExportConnectionsProps {
  /** Connections that are not revoked. */
  live: { count: number; capped: boolean };
  /** Whether the reader may take tokens along. */
  withTokens: boolean;
  /** Until when the last sign-in counts: milliseconds since 1970. */
  signInUntil: number;
  /** The reader's last complete file; null where none is known. */
  written: { rows: number; at: Date } | null;
}

/** Takes the connections out of the hub: without tokens, or sealed to a key that the hub cannot open. */
export function ExportConnections({ live, withTokens, signInUntil, written }: ExportConnectionsProps) {
  return (
    <form action="/admin/connections/export" method="post" className="card flex min-w-0 flex-col gap-4 p-5">
      <GoOn form="export connections" signInUntil={signInUntil} />
      <h2 className="text-section font-semibold">Export connections</h2>
      <p>
        {numberText(live)} connections that are not revoked, one line of JSON each: person, provider, account, scopes,
        dates. Without tokens. The ledger says who took them.
      </p>
      {withTokens && (
        <div className="flex flex-col gap-1">
          <label htmlFor="public_key" className="label">
            Public key for tokens (optional)
          </label>
          <textarea
            id="public_key"
            name="public_key"
            rows={4}
            maxLength={8192}
            spellCheck={false}
            autoComplete="off"
            aria-describedby="public_key_hint"
            placeholder='{"kty":"EC","crv":"P-256","x":"…","y":"…"}'
            className="field h-auto py-2 font-mono text-meta"
          />
          <p id="public_key_hint" className="hint">
            A public RSA, EC or X25519 key as a JWK. Each line is then encrypted to it, with its live tokens. The hub
            cannot open the file.
          </p>
        </div>
      )}
      {written && (
        <p className="text-soft">
          Your last file has {numberText(written.rows)} {written.rows === 1 ? 'line' : 'lines'}, complete at{' '}
          <Clock at={written.at.toISOString()} />.
        </p>
      )}
      <p className="hint">This needs a fresh sign-in.</p>
      <div>
        <button type="submit" className="btn btn-plain">
          <Download aria-hidden="true" className="size-4" />
          Export connections
        </button>
      </div>
    </form>
  );
}
