import type { Metadata } from 'next';
import { VisitorShell } from '#app/_ui/visitor-shell';
import { visitorPage } from '#lib/web/page';

export const metadata: Metadata = { title: 'Connect a device' };

/** Where a person types the code that a machine without a browser shows. */
export default async function Device() {
  const { config } = await visitorPage();
  return (
    <VisitorShell organisation={config.organisation}>
      <h1 className="text-title font-semibold tracking-tight">Connect a device</h1>
      <p className="text-soft">
        Type the code that your device shows. If somebody sent you a code, do not type it: your account would be
        connected for them.
      </p>
      <form method="get" action="/connect-session" className="card flex flex-col gap-4 p-5">
        <div className="flex flex-col gap-1">
          <label htmlFor="code" className="label">
            Code
          </label>
          <input
            id="code"
            name="token"
            required
            maxLength={20}
            autoComplete="off"
            autoCapitalize="characters"
            spellCheck={false}
            aria-describedby="code-hint"
            className="field font-mono tracking-widest uppercase"
          />
          <p id="code-hint" className="hint">
            Eight letters, for example WDJB-MJHT
          </p>
        </div>
        <button type="submit" className="btn btn-primary self-start">
          Continue
        </button>
      </form>
    </VisitorShell>
  );
}
