import { describe, expect, test } from 'vitest';
import {
  bareHostname,
  classifyAddress,
  classifyHost,
  hostEntry,
  hostWithPort,
  isLoopbackHost,
} from '#lib/config/address-class';

describe('an address is', () => {
  test.each([
    ['8.8.8.8', 'public'],
    ['2606:4700::1111', 'public'],
    ['64:ff9b::8.8.8.8', 'public'],
    ['::ffff:8.8.8.8', 'public'],
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['::ffff:127.9.9.9', 'loopback'],
    ['10.0.0.1', 'private'],
    ['fd00::1', 'private'],
    ['100.64.0.1', 'private'],
    ['198.51.100.1', 'private'],
    ['169.254.1.1', 'never'],
    ['fe80::1%eth0', 'never'],
    ['::ffff:169.254.169.254', 'never'],
    ['64:ff9b::169.254.169.254', 'never'],
    ['2002:a9fe:a9fe::1', 'never'],
    ['fd00:ec2::254', 'never'],
    ['0.0.0.0', 'never'],
    ['::', 'never'],
    ['224.0.0.1', 'never'],
    ['not an address', 'never'],
    ['', 'never'],
  ])('%s: %s', (address, expected) => {
    expect(classifyAddress(address)).toBe(expected);
  });
});

test('a name says what it is only where it must mean one thing', () => {
  expect(classifyHost('localhost')).toBe('loopback');
  expect(classifyHost('a.b.localhost')).toBe('loopback');
  expect(classifyHost('metadata.google.internal')).toBe('never');
  expect(classifyHost('notlocalhost')).toBeNull();
  expect(classifyHost('localhost.example.com')).toBeNull();
});

test('loopback is recognised in every spelling that a URL takes', () => {
  for (const url of ['http://localhost', 'http://LOCALHOST.', 'http://127.1', 'http://0x7f000001', 'http://[::1]']) {
    expect(isLoopbackHost(new URL(url))).toBe(true);
  }
  for (const url of ['http://localhost.example', 'http://10.0.0.1', 'http://127.0.0.1.example']) {
    expect(isLoopbackHost(new URL(url))).toBe(false);
  }
});

test('a host is written with its port, without brackets or a last dot', () => {
  expect(hostWithPort(new URL('https://AS.example./x'))).toBe('as.example:443');
  expect(hostWithPort(new URL('http://[::1]:4000/'))).toBe('[::1]:4000');
  expect(hostWithPort(new URL('http://localhost/'))).toBe('localhost:80');
  expect(bareHostname(new URL('https://[2606:4700::1]/'))).toBe('2606:4700::1');
});

describe('A-12 an IPv6 address that embeds an IPv4 address', () => {
  /** How each form writes four bytes; `private` where it is never public, whatever it embeds. */
  const forms: [form: string, write: (a: number, b: number, c: number, d: number) => string, least?: 'private'][] = [
    ['mapped', (...four) => `::ffff:${four.join('.')}`],
    ['compatible', (...four) => `::${four.join('.')}`],
    ['translated', (...four) => `::ffff:0:${four.join('.')}`],
    ['NAT64', (...four) => `64:ff9b::${four.join('.')}`],
    ['NAT64 of a network’s own, /96', (...four) => `64:ff9b:1::${four.join('.')}`, 'private'],
    ['NAT64 of a network’s own, /48', (a, b, c, d) => `64:ff9b:1:${hex(a, b)}:${hex(0, c)}:${hex(d, 0)}::`, 'private'],
    ['6to4', (a, b, c, d) => `2002:${hex(a, b)}:${hex(c, d)}::1`],
    ['ISATAP', (...four) => `::5efe:${four.join('.')}`],
    ['ISATAP, unique', (...four) => `::200:5efe:${four.join('.')}`],
    ['ISATAP in a public network', (...four) => `2606:4700::5efe:${four.join('.')}`],
    ['ISATAP in a private network', (...four) => `fd00::200:5efe:${four.join('.')}`, 'private'],
    ['ISATAP in 6to4', (...four) => `2002:808:808::5efe:${four.join('.')}`],
    ['6to4 with a public ISATAP', (a, b, c, d) => `2002:${hex(a, b)}:${hex(c, d)}:0:0:5efe:808:808`],
    ['Teredo’s server', (a, b, c, d) => `2001:0:${hex(a, b)}:${hex(c, d)}::f7f7:f7f7`, 'private'],
    ['Teredo’s client', (a, b, c, d) => `2001:0:808:808::${hex(a ^ 255, b ^ 255)}:${hex(c ^ 255, d ^ 255)}`, 'private'],
  ];
  const inner: [four: [number, number, number, number], kind: string][] = [
    [[8, 8, 8, 8], 'public'],
    [[127, 0, 0, 1], 'loopback'],
    [[10, 0, 0, 1], 'private'],
    [[192, 168, 1, 1], 'private'],
    [[100, 64, 0, 1], 'private'],
    [[169, 254, 169, 254], 'never'],
    [[168, 63, 129, 16], 'never'],
    [[224, 0, 0, 1], 'never'],
  ];
  const hex = (high: number, low: number) => ((high << 8) | low).toString(16);
  const cases = forms.flatMap(([form, write, least]) =>
    inner.map(([four, kind]) => {
      const expected = least && (kind === 'public' || kind === 'loopback') ? least : kind;
      return [form, write(...four), four.join('.'), expected] as const;
    }),
  );

  test.each(cases)('%s: %s (%s) is %s', (_, address, __, expected) => {
    expect(classifyAddress(address)).toBe(expected);
    expect(classifyHost(bareHostname(new URL(`https://[${address}]/`)))).toBe(expected);
  });

  test.each(['4000::1', '::2:1:1:1', '100::1', '200::1', '5f00::1', '3fff::1', '2001:db8::1', 'a000::8.8.8.8'])(
    '%s, which is given to nobody, is not public',
    (address) => expect(classifyAddress(address)).toBe('private'),
  );
});

describe('F-16 an entry of a host list', () => {
  test.each<[text: string, entry: string | null]>([
    ['hooks.internal', 'hooks.internal'],
    ['Hooks.Internal:8443', 'hooks.internal:8443'],
    ['hooks.internal:443', 'hooks.internal:443'],
    ['hook_s', 'hook_s'],
    ['10.0.0.5:80', '10.0.0.5:80'],
    ['127.1', '127.0.0.1'],
    ['[::1]:5343', '[::1]:5343'],
    ['[::1]', '[::1]'],
    ['::1', '[::1]'],
    ['::1:5343', '[::1:5343]'],
    ['[0:0:0:0:0:0:0:1]:5343', '[::1]:5343'],
    ['[FD00::ABCD]:443', '[fd00::abcd]:443'],
    ['::ffff:10.0.0.5', '[::ffff:a00:5]'],
    ['[::1', null],
    ['[::g]:1', null],
    ['[hooks]:1', null],
    ['hooks:0', null],
    ['hooks:65536', null],
    ['hooks:http', null],
    ['https://hooks', null],
    ['hooks/path', null],
    ['user@hooks', null],
    ['hooks internal', null],
    ['', null],
  ])('%s is %s', (text, entry) => {
    expect(hostEntry(text)).toBe(entry);
  });

  test.each(['[::1]:5343', '[fd00::abcd]:443', 'hooks.internal:8443', '127.0.0.1:80'])(
    '%s is what a URL with that host is compared by',
    (entry) => expect(hostWithPort(new URL(`https://${entry}/in`))).toBe(entry),
  );
});
