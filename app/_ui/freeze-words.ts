import type { FreezeView } from '#lib/freezes/views';

type Named = Pick<FreezeView, 'scope' | 'target' | 'targetName'>;

/** What a freeze is over, as the start of a sentence: “Everything is frozen”, “Google is frozen”. */
export function freezeSubject({ scope, target, targetName }: Named): string {
  const name = targetName ?? target;
  switch (scope) {
    case 'everything':
      return 'Everything';
    case 'provider':
      return name;
    case 'person':
      return `All connections of ${name}`;
    case 'api_key':
      return `The API key ${name}`;
    case 'connection':
      return `The connection ${name}`;
  }
}

/** The same within a sentence: “Freeze the API key reports?”. */
export function freezeObject(named: Named): string {
  const subject = freezeSubject(named);
  return named.scope === 'provider' ? subject : subject.charAt(0).toLowerCase() + subject.slice(1);
}

/** What a freeze stops, for whom. */
export function freezeEffect(scope: FreezeView['scope']): string {
  switch (scope) {
    case 'everything':
      return 'No token is vended or refreshed and nothing is connected, for anybody.';
    case 'provider':
      return 'None of its tokens is vended or refreshed, and people can connect no account of it.';
    case 'person':
      return 'None of their tokens is vended or refreshed, and they can connect nothing.';
    case 'api_key':
      return 'Every call with this key is refused. Connections stay as they are, for other keys.';
    case 'connection':
      return 'Its token is neither vended nor refreshed, and it cannot be reconnected.';
  }
}

/** The page that shows the frozen target; null for everything. */
export function freezeAddress({ scope, target }: Pick<FreezeView, 'scope' | 'target'>): string | null {
  switch (scope) {
    case 'everything':
      return null;
    case 'provider':
      return `/admin/connections?provider=${encodeURIComponent(target)}`;
    case 'person':
      return `/admin/people/${encodeURIComponent(target)}`;
    case 'api_key':
      return '/admin/api-keys';
    case 'connection':
      return `/admin/connections/${encodeURIComponent(target)}`;
  }
}
