import { type TokenTimes, tokenLife } from './token-life.ts';

/** A thin bar for the remaining life of a token, and the same in words. */
export function LifeBar({ token, words = 'sentence' }: { token: TokenTimes | null; words?: 'sentence' | 'short' }) {
  const life = tokenLife(token, new Date());
  if (!life) return null;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {life.share !== null && (
        <svg
          aria-hidden="true"
          viewBox="0 0 100 4"
          preserveAspectRatio="none"
          className="h-1 w-full overflow-hidden rounded-full"
        >
          <rect width="100" height="4" className="fill-line" />
          <rect
            width={(life.share * 100).toFixed(1)}
            height="4"
            className={token?.refreshable || life.share > 0.2 ? 'fill-good' : 'fill-warn'}
          />
        </svg>
      )}
      <span className="text-meta text-soft">{life[words]}</span>
    </div>
  );
}
