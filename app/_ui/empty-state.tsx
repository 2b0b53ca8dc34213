import type { IconComponent } from '#app/_ui/icons';

interface EmptyStateProps {
  icon: IconComponent;
  title: string;
  children: React.ReactNode;
}

/** Says what would be here and how it gets here. */
export function EmptyState({ icon: Icon, title, children }: EmptyStateProps) {
  return (
    <div className="card flex flex-col items-center gap-2 px-6 py-12 text-center">
      <Icon aria-hidden="true" className="size-6 text-soft" />
      <h2 className="text-section font-semibold">{title}</h2>
      <div className="max-w-[52ch] text-soft">{children}</div>
    </div>
  );
}
