import { z } from 'zod';

/** Why something was done, in an administrator's own words. It goes into the ledger and stays there. */
export const reasonText = z.string().trim().min(1).max(300);
