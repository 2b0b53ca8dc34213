import type { ReviewTask } from '#lib/reviews/task';
import { advisories } from '#lib/reviews/tasks/advisories';
import { authorizations } from '#lib/reviews/tasks/authorizations';
import { clientSecrets } from '#lib/reviews/tasks/client-secrets';
import { deprecatedParameters } from '#lib/reviews/tasks/deprecated-parameters';
import { endingGrants } from '#lib/reviews/tasks/ending-grants';
import { inactiveGrants } from '#lib/reviews/tasks/inactive-grants';
import { newEndpoints } from '#lib/reviews/tasks/new-endpoints';
import { redirectUris } from '#lib/reviews/tasks/redirect-uris';
import { revocationDrill } from '#lib/reviews/tasks/revocation-drill';
import { scopes } from '#lib/reviews/tasks/scopes';
import { vaultKeys } from '#lib/reviews/tasks/vault-keys';

/** The playbook's tasks: two each week, three each month, three each quarter, three when a provider changes. */
export const reviewTasks: readonly ReviewTask[] = [
  authorizations,
  endingGrants,
  inactiveGrants,
  scopes,
  redirectUris,
  clientSecrets,
  vaultKeys,
  revocationDrill,
  advisories,
  newEndpoints,
  deprecatedParameters,
];

/** The task of that id; undefined for one of an earlier build. */
export const taskOf = (id: string): ReviewTask | undefined => reviewTasks.find((task) => task.id === id);
