import { expect, test } from 'vitest';
import { nameErrorsThatPass } from '#lib/door/page-failures';
import { AppError } from '#lib/errors';
import { ask, openDoor } from '#tests/servers/door';

test('a page that failed of what passes asks for no font ahead, which its policy would refuse', async () => {
  nameErrorsThatPass();
  const door = await openDoor(
    {},
    {
      pages: (_, response) => {
        response.setHeader('link', '</_next/static/media/inter.woff2>; rel=preload; as="font"');
        // As Next does with an error of a page.
        expect(Reflect.get(new AppError('unavailable'), 'digest')).toEqual(expect.any(String));
        response.statusCode = 500;
        response.end('Internal Server Error');
      },
    },
  );
  const { status, headers, text } = await ask(door, {});
  expect(status).toBe(503);
  expect(headers).not.toHaveProperty('link');
  expect(text).toContain('This page could not be shown');
});
