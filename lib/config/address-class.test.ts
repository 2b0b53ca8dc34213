import { describe, expect, test } from 'vitest';
import { bareHostname, classifyAddress, classifyHost, hostWithPort, isLoopbackHost } from '#lib/config/address-class';

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
  expect(hostWithPort(new URL('http://[::1]:4000/'))).toBe('::1:4000');
  expect(hostWithPort(new URL('http://localhost/'))).toBe('localhost:80');
  expect(bareHostname(new URL('https://[2606:4700::1]/'))).toBe('2606:4700::1');
});
