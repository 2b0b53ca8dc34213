import { Badge } from '#app/_ui/status';
import { outcomes } from './outcome-words.ts';

/** How a check or a scenario ended. */
export function OutcomeMark({ result }: { result: keyof typeof outcomes }) {
  const { tone, icon, word } = outcomes[result];
  return (
    <Badge tone={tone} icon={icon}>
      {word}
    </Badge>
  );
}
