import { z } from 'zod';
import { oneLine } from '#lib/plain-text';

/** Why something was done, in an administrator's own words. It goes into the ledger and stays there. */
export const reasonText = z.string().overwrite(oneLine).trim().min(1).max(300);
