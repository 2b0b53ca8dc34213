import { Notice } from '#app/_ui/notice';

/** In the place of a part that could not be read: what to do now, and what finds the cause. */
export function Unread({ reference }: { reference: string }) {
  return (
    <Notice tone="bad" title="This could not be read" reference={reference}>
      <p className="text-meta">Refresh the page in a moment. The reference finds the cause in the log.</p>
    </Notice>
  );
}
