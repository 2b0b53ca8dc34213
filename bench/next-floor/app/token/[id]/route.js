import postgres from 'postgres';
import { openFloorToken } from '../../../../floor.ts';

let sql;
const key = Buffer.from(process.env.FLOOR_KEY ?? '', 'base64');

export async function POST(_request, { params }) {
  const { id } = await params;
  sql ??= postgres(process.env.FLOOR_DATABASE_URL, { max: Number(process.env.FLOOR_POOL) });
  const [row] = await sql`select sealed from floor_tokens where id = ${id}`;
  if (!row) return Response.json({}, { status: 404 });
  return Response.json({ access_token: openFloorToken(key, row.sealed) });
}
