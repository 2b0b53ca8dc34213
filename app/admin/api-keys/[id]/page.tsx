import type { Metadata } from 'next';
import { cache } from 'react';
import { BackLink } from '#app/_ui/back-link';
import { Link } from '#app/_ui/link';
import { Notice } from '#app/_ui/notice';
import { Time } from '#app/_ui/time';
import { describeApiKey, shownDays } from '#lib/api-keys/describe-api-key';
import { standingFreeze } from '#lib/freezes/list';
import { readStepUp } from '#lib/sign-in/step-up';
import { adminPage, inPart, orNotFound, titleOf } from '#lib/web/page';
import { CardPart } from '../../_parts/card-part.tsx';
import { FrozenBy } from '../../_parts/frozen-by.tsx';
import { StandingFreezes } from '../../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../../_parts/step-up-notice.tsx';
import { asKnown, FreezeControl } from '../../freezes/_parts/freeze-control.tsx';
import { EditDetails } from '../_parts/edit-details.tsx';
import { KeyAbout } from '../_parts/key-about.tsx';
import { KeyAddresses } from '../_parts/key-addresses.tsx';
import { KeyCounts } from '../_parts/key-counts.tsx';
import { KeyStatus } from '../_parts/key-facts.tsx';
import { KeyNetworks } from '../_parts/key-networks.tsx';
import { RevokeKey } from '../_parts/revoke-key.tsx';
import { RotateKey } from '../_parts/rotate-key.tsx';

interface KeyPageProps {
  params: Promise<{ id: string }>;
}

const readId = async ({ params }: KeyPageProps) => decodeURIComponent((await params).id).slice(0, 64);

/** Once a request, for the title and the page. */
const readOnce = cache(async (id: string) =>
  describeApiKey(await adminPage(`/admin/api-keys/${encodeURIComponent(id)}`), { id }),
);

export async function generateMetadata(props: KeyPageProps): Promise<Metadata> {
  const about = await titleOf(readOnce(await readId(props)));
  return { title: about ? `API key ${about.apiKey.name}` : 'API key' };
}

export default async function KeyPage(props: KeyPageProps) {
  const id = await readId(props);
  const path = `/admin/api-keys/${encodeURIComponent(id)}`;
  const ctx = await adminPage(path);
  const [about, freeze, stepUp] = await Promise.all([
    orNotFound(readOnce(id)),
    inPart(ctx, 'freezes', standingFreeze(ctx, { scope: 'api_key', target: id }).then(asKnown)),
    readStepUp(ctx),
  ]);
  const { apiKey, replacedBy } = about;
  const administrator = ctx.actor.role === 'administrator';
  const until = signInUntil(stepUp);
  return (
    <>
      <StandingFreezes />
      <BackLink href="/admin/api-keys">API keys</BackLink>
      <div className="mb-6 flex flex-wrap items-center justify-between gap-4">
        <div className="flex min-w-0 flex-wrap items-center gap-3">
          <h1 className="min-w-0 text-title font-semibold tracking-tight wrap-anywhere">{apiKey.name}</h1>
          <KeyStatus apiKey={apiKey} />
        </div>
        {administrator && (
          <div className="flex flex-wrap gap-2">
            <EditDetails
              id={id}
              details={{ name: apiKey.name, purpose: apiKey.purpose ?? '', owner: apiKey.owner ?? '' }}
            />
            {apiKey.status !== 'revoked' && (
              <>
                <KeyAddresses
                  id={id}
                  name={apiKey.name}
                  ranges={apiKey.ipRanges ?? []}
                  rule={apiKey.ipRule}
                  signInUntil={until}
                />
                {freeze && (
                  <FreezeControl
                    scope="api_key"
                    target={id}
                    name={apiKey.name}
                    freeze={freeze.known}
                    administrator={administrator}
                    signInUntil={until}
                    small
                  />
                )}
                <RevokeKey id={id} name={apiKey.name} />
              </>
            )}
          </div>
        )}
      </div>
      {apiKey.status === 'active' && <FrozenBy over={{ api_key: id }} />}
      {replacedBy && (
        <div className="mb-4">
          <Notice tone="info" title="A new key replaces this one">
            <p className="text-meta">
              <Link href={`/admin/api-keys/${replacedBy.id}`} className="link">
                {replacedBy.prefix}…
              </Link>{' '}
              was made <Time at={replacedBy.createdAt} />.{' '}
              {apiKey.status === 'active' && apiKey.expiresAt ? (
                <>
                  This one is accepted until <Time at={apiKey.expiresAt} />.
                </>
              ) : (
                'This one is not accepted any more.'
              )}
            </p>
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <CardPart id="about" title="About">
          <KeyAbout about={about} administrator={administrator} />
        </CardPart>
        <CardPart id="use" title={`Use in the last ${shownDays} days`}>
          <KeyCounts about={about} nameProvider={(provider) => ctx.providers.get(provider)?.name ?? provider} />
        </CardPart>
        {administrator && apiKey.status !== 'revoked' && (
          <CardPart id="rotate" title="Rotate">
            <RotateKey
              id={id}
              name={apiKey.name}
              instead={
                replacedBy ? (
                  <p className="text-soft">This key was rotated. A key can be rotated once.</p>
                ) : apiKey.frozen || apiKey.status !== 'active' ? (
                  <p className="text-soft">Only a key that is accepted can be rotated.</p>
                ) : null
              }
              notice={!stepUp.fresh && <StepUpNotice stepUp={stepUp} what="Rotating a key" returnTo={path} />}
            />
          </CardPart>
        )}
        <CardPart id="networks" title="Where it was used from">
          <KeyNetworks networks={about.networks} />
        </CardPart>
      </div>
    </>
  );
}
