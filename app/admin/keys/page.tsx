import type { Metadata } from 'next';
import { Notice } from '#app/_ui/notice';
import { PageHeading } from '#app/_ui/page-heading';
import { Time } from '#app/_ui/time';
import { readStepUp } from '#lib/sign-in/step-up';
import { listVaultKeys } from '#lib/vault-keys/list-keys';
import type { KeyRootView, VaultView } from '#lib/vault-keys/views';
import { adminPage } from '#lib/web/page';
import { DataTable, Td, Th, Tr } from '../_parts/data-table.tsx';
import { LiveTail } from '../_parts/live-tail.tsx';
import { StandingFreezes } from '../_parts/standing-freezes.tsx';
import { StepUpNotice, signInUntil } from '../_parts/step-up-notice.tsx';
import { CountButton, PauseButton, ResealButton, RotateButton } from './_parts/key-buttons.tsx';
import { KeyTable } from './_parts/key-table.tsx';
import { ResealProgress } from './_parts/reseal-progress.tsx';

export const metadata: Metadata = { title: 'Vault keys' };

const path = '/admin/keys';

/** The keys that seal stored tokens: how much each sealed, and the way from one to the next. */
export default async function Keys() {
  const ctx = await adminPage(path);
  const [vault, stepUp] = await Promise.all([listVaultKeys(ctx), readStepUp(ctx)]);
  const administrator = ctx.actor.role === 'administrator';
  const running = vault.reseal?.state === 'running';
  return (
    <>
      <StandingFreezes />
      <PageHeading title="Vault keys" action={administrator && <RotateButton signInUntil={signInUntil(stepUp)} />}>
        These keys seal the stored tokens and secrets. Rotate, reseal, then retire the old key.
      </PageHeading>
      <Service vault={vault} />
      {administrator && (
        <div className="mb-4">
          <StepUpNotice stepUp={stepUp} what="Rotating and retiring" several returnTo={path} />
        </div>
      )}
      {running && <LiveTail seconds={3} />}
      <div className="flex flex-col gap-8">
        <section aria-labelledby="keys" className="flex flex-col gap-3">
          <h2 id="keys" className="text-section font-semibold">
            Keys
          </h2>
          <KeyTable keys={vault.keys} signInUntil={administrator ? signInUntil(stepUp) : null} />
          {administrator && <CountButton />}
        </section>
        <section aria-labelledby="reseal" className="flex flex-col gap-3">
          <h2 id="reseal" className="text-section font-semibold">
            Resealing
          </h2>
          <p className="text-meta text-soft">
            The hub seals every stored value anew under the newest key, while tokens are vended and refreshed.
          </p>
          {vault.reseal && (
            <div className="card p-5">
              <ResealProgress reseal={vault.reseal} />
            </div>
          )}
          {administrator && (running ? <PauseButton /> : <ResealButton resume={vault.reseal?.state === 'paused'} />)}
        </section>
        <section aria-labelledby="roots" className="flex flex-col gap-3">
          <h2 id="roots" className="text-section font-semibold">
            Root keys
          </h2>
          <p className="text-meta text-soft">A root key wraps the keys that the hub makes. It never sees a token.</p>
          <RootTable roots={vault.roots} />
        </section>
      </div>
    </>
  );
}

/** Says that the key service does not answer, and until when this process goes on. */
function Service({ vault: { service } }: { vault: VaultView }) {
  if (!service.downSince) return null;
  const minutes = Math.floor((service.secondsLeft ?? 0) / 60);
  return (
    <div className="mb-4">
      <Notice tone="bad" title="The key service does not answer" after={<Time at={service.downSince} />}>
        <p className="text-meta">
          {service.secondsLeft === 0
            ? 'This process opens no stored token until the key service answers again.'
            : `This process goes on with the keys that it holds, for ${minutes} minutes more.`}
        </p>
      </Notice>
    </div>
  );
}

const rootStates: Record<KeyRootView['state'], string> = {
  wraps: 'Wraps new keys',
  unwraps: 'Only unwraps',
  unknown: 'This process does not have it',
};

function RootTable({ roots }: { roots: KeyRootView[] }) {
  return (
    <DataTable
      label="Root keys"
      head={
        <>
          <Th>Root key</Th>
          <Th>Keys under it</Th>
        </>
      }
    >
      {roots.map(({ name, state, dataKeys }) => (
        <Tr key={name}>
          <Td>
            <code className="font-mono font-medium wrap-anywhere">{name}</code>
            <span className="block text-soft">{rootStates[state]}</span>
          </Td>
          <Td>
            <span className="tabular">{dataKeys}</span>
          </Td>
        </Tr>
      ))}
    </DataTable>
  );
}
