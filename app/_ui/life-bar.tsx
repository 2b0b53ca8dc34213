import { Bar } from '#app/_ui/glyph';
import { type TokenTimes, tokenLife } from './token-life.ts';

/** A thin bar for the remaining life of a token, and the same in words. */
export function LifeBar({ token, words = 'sentence' }: { token: TokenTimes | null; words?: 'sentence' | 'short' }) {
  const life = tokenLife(token, new Date());
  if (!life) return null;
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {life.share !== null && <Bar share={life.share} low={!token?.refreshable && life.share <= 0.2} />}
      <span className="tabular text-meta text-soft">{life[words]}</span>
    </div>
  );
}
