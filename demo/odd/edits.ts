import type { Asked, Exchange, Oddity, Place } from '#demo/odd/oddity';

/** Edits the object of a good token answer; of one grant type only, where that is given. */
export function editTokens(
  edit: (body: Record<string, unknown>, exchange: Exchange) => void,
  only?: 'authorization_code' | 'refresh_token',
): NonNullable<Oddity['answered']> {
  return (exchange) => {
    if (!exchange.issued || (only && exchange.grantType !== only)) return;
    edit(exchange.answer.body as Record<string, unknown>, exchange);
  };
}

/** Edits the requests of one place. */
export const editAsked =
  (place: Place, edit: NonNullable<Oddity['asked']>): NonNullable<Oddity['asked']> =>
  (asked, server) =>
    asked.place === place ? edit(asked, server) : undefined;

/** Edits the answers of one place. */
export const editAnswer =
  (place: Place, edit: NonNullable<Oddity['answered']>): NonNullable<Oddity['answered']> =>
  (exchange) =>
    exchange.asked.place === place ? edit(exchange) : undefined;

/** Edits the object in the answer of one place. */
export const editBody = (
  place: Place,
  edit: (body: Record<string, unknown>) => void,
): NonNullable<Oddity['answered']> =>
  editAnswer(place, ({ answer }) => {
    if (answer.status === 200) edit(answer.body as Record<string, unknown>);
  });

/** Gives a parameter its standard name. */
export function rename({ parameters }: Asked, from: string, to: string): void {
  const value = parameters.get(from);
  parameters.delete(to);
  if (value !== null) parameters.set(to, value);
  parameters.delete(from);
}
