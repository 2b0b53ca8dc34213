import type { Metadata } from 'next';
import { Notice } from '#app/_ui/notice';
import { VisitorShell } from '#app/_ui/visitor-shell';
import { visitorPage } from '#lib/web/page';
import { refusalSentence, type SearchParams } from '#ui/flow-result';

export const metadata: Metadata = { title: 'Back to your device' };

/** Where the browser ends that connected an account for a device: the device asks the hub how it went. */
export default async function Done({ searchParams }: { searchParams: Promise<SearchParams> }) {
  const { config } = await visitorPage();
  const { error } = await searchParams;
  const refusal = typeof error === 'string' ? refusalSentence(error, null) : null;
  return (
    <VisitorShell organisation={config.organisation}>
      <h1 className="text-title font-semibold tracking-tight">Back to your device</h1>
      {error === undefined ? (
        <Notice tone="good" title="The provider has granted access">
          <p>Your device goes on by itself within seconds. You can close this page.</p>
        </Notice>
      ) : (
        <Notice tone="bad" title="Nothing was connected">
          <p>{refusal ?? 'Begin again on your device.'}</p>
        </Notice>
      )}
    </VisitorShell>
  );
}
