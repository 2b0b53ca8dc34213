import type { Hub } from './hub.ts';
import type { DemoServerId } from './switches.ts';

/** For whom a call of the control is meant. Neither means everybody. */
export interface ControlTarget {
  /** The account at the server: its name, its e-mail address, or the subject. */
  person?: string | undefined;
  /** The `client_id`. */
  client?: string | undefined;
  /** For `expire`, `withdraw` and `grants` only. */
  grant?: string | undefined;
}

/** Calls `/__demo` of an authorization server. Throws an Error with its words where it refuses. */
export async function control(
  hub: Pick<Hub, 'urls' | 'controlSecret'>,
  server: DemoServerId,
  call: 'switches' | 'reset' | 'expire' | 'withdraw' | 'authorize',
  target: ControlTarget,
  body: object = {},
): Promise<Record<string, unknown>> {
  const origin = hub.urls[server];
  if (!origin) throw new Error(`The demo has no server ${server}.`);
  const url = new URL(`/__demo/${call}`, origin);
  for (const [name, value] of Object.entries(target)) if (value !== undefined) url.searchParams.set(name, value);
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${hub.controlSecret}`, connection: 'close' },
    body: JSON.stringify(body),
  });
  const told = (await answer.json()) as Record<string, unknown>;
  if (!answer.ok) throw new Error(`${server} refused ${call}: ${answer.status} ${told.error}`);
  return told;
}
