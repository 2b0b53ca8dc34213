import { Bar } from '#app/_ui/glyph';
import { type TokenTimes, tokenLife } from './token-life.ts';

/** A thin bar for the remaining life of a token, and the same in words. */
export function LifeBar({ token, words = 'sentence' }: { token: TokenTimes | null; words?: 'sentence' | 'short' }) {
  const life = tokenLife(token, new Date());
  if (!life) return null;
  const bar = life.share !== null && <Bar share={life.share} low={!token?.refreshable && life.share <= 0.2} />;
  if (words === 'short') {
    return (
      <span className="flex items-center gap-2">
        {bar && <span className="w-10 flex-none">{bar}</span>}
        <span className="tabular whitespace-nowrap text-soft">{life.short}</span>
      </span>
    );
  }
  return (
    <div className="flex min-w-0 flex-col gap-1">
      {bar}
      <span className="tabular text-meta text-soft">{life.sentence}</span>
    </div>
  );
}
