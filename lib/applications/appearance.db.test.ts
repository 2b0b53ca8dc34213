import { deflateSync } from 'node:zlib';
import { eq } from 'drizzle-orm';
import { beforeEach, describe, expect, test } from 'vitest';
import { readColours, readLogo } from '#lib/applications/appearance';
import { getApplication } from '#lib/applications/get';
import { largestLogo } from '#lib/applications/logo-limit';
import { readPicture } from '#lib/applications/picture';
import { setAppearance } from '#lib/applications/set-appearance';
import type { Context, Runtime } from '#lib/context';
import { applications } from '#lib/db/schema/applications';
import { maxBodyBytes } from '#lib/door/take-body';
import { sharedDatabase } from '#tests/database';
import { addApplication, addFreshAdministrator, addPerson, asNobody, createRuntime, entries } from '#tests/hub';

const database = sharedDatabase();
let runtime: Runtime;
let admin: Context;
let id: string;
beforeEach(async () => {
  runtime = createRuntime(database.current, []);
  admin = await addFreshAdministrator(runtime);
  id = await addApplication(runtime);
});

const u32 = (number: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};

/** A PNG of that size, as far as its header and data go. */
function png(width = 16, height = 16, padding = 0): Buffer {
  const chunk = (type: string, data: Buffer) => Buffer.concat([u32(data.length), Buffer.from(type), data, u32(0)]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])])),
    chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * Math.min(height, 16)))),
    chunk('tEXt', Buffer.alloc(padding)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A JPEG of one quantisation table and a frame. */
const jpeg = (width: number, height: number) =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xdb, 0, 67, ...Array(65).fill(1)]),
    Buffer.from([0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
  ]);

function webp(form: 'VP8X' | 'VP8L' | 'VP8 ', width: number, height: number): Buffer {
  const body = Buffer.alloc(18);
  if (form === 'VP8X') {
    body.writeUIntLE(width - 1, 12, 3);
    body.writeUIntLE(height - 1, 15, 3);
  } else if (form === 'VP8L') {
    body[8] = 0x2f;
    body.writeUInt32LE((width - 1) | ((height - 1) << 14), 9);
  } else {
    body.set([0x9d, 0x01, 0x2a], 11);
    body.writeUInt16LE(width, 14);
    body.writeUInt16LE(height, 16);
  }
  body.write(form, 0, 'latin1');
  return Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP', 'latin1'), body]);
}

describe('a picture', () => {
  test.each<[string, Buffer, string]>([
    ['PNG', png(20, 10), 'image/png'],
    ['JPEG', jpeg(20, 10), 'image/jpeg'],
    ['WebP, extended', webp('VP8X', 20, 10), 'image/webp'],
    ['WebP, lossless', webp('VP8L', 20, 10), 'image/webp'],
    ['WebP, lossy', webp('VP8 ', 20, 10), 'image/webp'],
  ])('is known by its bytes: %s', (_, bytes, type) => {
    expect(readPicture(bytes)).toEqual({ type, width: 20, height: 10 });
  });

  test('of every length of each kind is read without a fault', () => {
    for (const whole of [png(), jpeg(9, 9), webp('VP8X', 9, 9), webp('VP8L', 9, 9), webp('VP8 ', 9, 9)])
      for (let length = 0; length <= whole.length; length++) readPicture(whole.subarray(0, length));
  });
});

describe('the logo', () => {
  test('is kept with the type of its bytes, answered to everybody, and taken away', async () => {
    expect(await setAppearance(admin, { id, logo: png().toString('base64') })).toMatchObject({ hasLogo: true });
    const before = (await entries(runtime)).length;
    await setAppearance(admin, { id, logo: png().toString('base64'), colours: null });
    expect(await entries(runtime)).toHaveLength(before);
    const logo = await readLogo(asNobody(runtime), id);
    expect(logo.type).toBe('image/png');
    expect(Buffer.from(logo.bytes).equals(png())).toBe(true);
    expect((await entries(runtime)).at(-1)).toMatchObject({
      action: 'application.changed',
      details: { application: id, changed: ['logo'], logo: expect.stringMatching(/^[\w+/]{43}=$/) },
    });
    expect(await setAppearance(admin, { id, logo: null })).toMatchObject({ hasLogo: false });
    for (const none of [id, 'app_0', '', 'app_\0', '../x'])
      await expect(readLogo(asNobody(runtime), none)).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each<[string, Buffer]>([
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ['HTML', Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['HTML that begins as a GIF', Buffer.from('GIF89a<script>alert(1)</script>')],
    ['the signature of a PNG and HTML', Buffer.from('\x89PNG\r\n\x1a\n<script>alert(1)</script>      ', 'latin1')],
    ['nothing', Buffer.alloc(0)],
    ['a PNG of no width', png(0, 9)],
    ['a PNG that unfolds to gigabytes', png(60_000, 60_000)],
    ['more than 44 KiB', png(16, 16, largestLogo)],
  ])('is refused where it is %s', async (_, bytes) => {
    await expect(setAppearance(admin, { id, logo: bytes.toString('base64') })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'logo' }],
    });
    expect(await getApplication(admin, { id })).toMatchObject({ hasLogo: false });
  });

  test('is bounded and typed by the database as well', async () => {
    for (const set of [
      { logo: new Uint8Array(65_537), logoType: 'image/png' as const },
      { logo: new Uint8Array(9), logoType: null },
      { logo: new Uint8Array(9), logoType: 'image/svg+xml' as 'image/png' },
      { colourLight: 'red', colourDark: '#000000' },
      { colourLight: '#123456', colourDark: null },
    ])
      await expect(database.db.update(applications).set(set).where(eq(applications.id, id))).rejects.toThrow();
  });
});

describe('the colours', () => {
  test('are kept and written as a style sheet of nothing else', async () => {
    const colours = { light: '#1D4ED8', dark: '#93c5fd' };
    expect(await setAppearance(admin, { id, colours })).toMatchObject({
      colours: { light: '#1d4ed8', dark: '#93c5fd' },
    });
    expect(await readColours(asNobody(runtime), id)).toMatch(
      /^:root:root \{ --accent: light-dark\(#1d4ed8, #93c5fd\); --accent-strong: [^;{}]+; \}\n$/,
    );
    expect(await setAppearance(admin, { id, colours: null })).toMatchObject({ colours: null });
    await expect(readColours(asNobody(runtime), id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test.each([
    ['colours.light', '#93c5fd', '#93c5fd'],
    ['colours.dark', '#1d4ed8', '#1d4ed8'],
    ['colours.light', '#fff;} body{display:none', '#93c5fd'],
    ['colours.light', 'blue', '#93c5fd'],
  ])('are refused at %s: %s, %s', async (path, light, dark) => {
    await expect(setAppearance(admin, { id, colours: { light, dark } })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: expect.arrayContaining([expect.objectContaining({ path })]),
    });
  });
});

test('is set by administrators who signed in lately, of an application that is there', async () => {
  const person = await addPerson(runtime);
  for (const [ctx, code] of [
    [asNobody(runtime), 'unauthenticated'],
    [person.ctx('auditor'), 'forbidden'],
    [(await addPerson(runtime, { role: 'administrator' })).ctx(), 'step_up_required'],
  ] as const)
    await expect(setAppearance(ctx, { id, logo: null })).rejects.toMatchObject({ code });
  await expect(setAppearance(admin, { id: 'app_0', logo: null })).rejects.toMatchObject({ code: 'not_found' });
});

test('the largest logo fits into one request, with the other fields of its form', async () => {
  const bytes = Buffer.concat([png(), Buffer.alloc(largestLogo)]).subarray(0, largestLogo);
  const form = new FormData();
  // As the page sends it: the names of Next's own fields, and the state of the try before.
  for (const [name, value] of Object.entries({ logo: bytes.toString('base64'), id, light: '#1d4ed8', dark: '#93c5fd' }))
    form.set(`_1_${name}`, value);
  form.set('_0', JSON.stringify({ ok: false, message: 'x'.repeat(2_000) }));
  const sent = await new Response(form).arrayBuffer();
  expect(sent.byteLength).toBeLessThanOrEqual(maxBodyBytes);
  expect((await setAppearance(admin, { id, logo: bytes.toString('base64') })).hasLogo).toBe(true);
});
