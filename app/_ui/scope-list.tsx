import { Check, Minus } from '#app/_ui/icons';
import type { ScopeView } from '#lib/connections/views';

interface ScopeListProps {
  scopes: ScopeView[];
  kind?: 'granted' | 'missing' | 'asked';
  /** Also the exact names, for those who know them. */
  names?: boolean;
}

/** Permissions in words; a scope that the provider's record does not describe is shown by its name. */
export function ScopeList({ scopes, kind = 'granted', names = false }: ScopeListProps) {
  const Icon = kind === 'missing' ? Minus : Check;
  const tone = kind === 'granted' ? 'text-good' : kind === 'missing' ? 'text-warn' : 'text-soft';
  return (
    <ul className="flex flex-col gap-1">
      {scopes.map((scope) => (
        <li key={scope.name} className="flex gap-2">
          <Icon aria-hidden="true" className={`mt-1 size-4 flex-none ${tone}`} />
          <span className="min-w-0">
            {scope.description ?? <code className="font-mono text-meta wrap-anywhere">{scope.name}</code>}
            {names && scope.description && (
              <code className="block font-mono text-meta wrap-anywhere text-soft">{scope.name}</code>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
