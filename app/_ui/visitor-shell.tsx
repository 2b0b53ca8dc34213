import { Brand } from '#app/_ui/brand';
import { ThemeSwitch } from '#app/_ui/theme-switch';
import { type Organisation, WhoseHub } from '#app/_ui/whose-hub';

/** The frame of a page for people without a session here. */
export function VisitorShell({
  organisation,
  children,
}: {
  organisation: Organisation | null | undefined;
  children: React.ReactNode;
}) {
  return (
    <div className="flex min-h-dvh flex-col items-center px-4 py-6">
      <div className="flex w-full max-w-xl items-center justify-between">
        <Brand />
        <ThemeSwitch />
      </div>
      <main className="flex w-full max-w-xl flex-1 flex-col gap-4 pt-6 pb-16">
        {children}
        {organisation && (
          <p className="text-meta text-soft">
            <WhoseHub organisation={organisation} />
          </p>
        )}
      </main>
    </div>
  );
}
