import type { CheckView } from '#lib/checks/results';

/** The page with the results over time. */
export const historyPath = '/admin/checks/history';

/** The history of one check, of the hub or of one provider. */
export const historyOf = ({ check, provider }: Pick<CheckView, 'check' | 'provider'>): string =>
  `${historyPath}?${new URLSearchParams({ check, provider: provider?.id ?? '-' })}`;
