import { type SQL, sql } from 'drizzle-orm';
import { connections } from '#lib/db/schema/connections';
import { revocations } from '#lib/db/schema/revocations';

/** True for a revocation that was given up, or came to nothing, while its sealed tokens are still here. */
export const isHeld: SQL = sql`((${revocations.state} = 'failed' or ${revocations.proof} = 'still_accepted')
  and case when ${revocations.replacedGeneration} = 0
    then exists (select 1 from ${connections} as own where own.person_id = ${revocations}.person_id
      and own.id = ${revocations}.connection_id and own.status = 'revoked'
      and coalesce(own.access_token, own.refresh_token) is not null)
    else coalesce(${revocations.accessToken}, ${revocations.refreshToken}) is not null end)`;
