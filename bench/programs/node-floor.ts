import postgres from 'postgres';
import { openFloorToken } from '../floor.ts';
import { serve } from './listen.ts';

// The floor under every vend: a bare node:http server.

const sql = postgres(process.env.FLOOR_DATABASE_URL ?? '', { max: Number(process.env.FLOOR_POOL) });
const key = Buffer.from(process.env.FLOOR_KEY ?? '', 'base64');

serve(async (request, response) => {
  const id = request.url?.split('/')[2] ?? '';
  const [row] = await sql`select sealed from floor_tokens where id = ${id}`;
  response.writeHead(row ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(row ? { access_token: openFloorToken(key, row.sealed) } : {}));
});
