import { describe, expect, it } from 'vitest';
import { bracketedHost, hostWithPort, splitHostPort, withoutBrackets } from './host-port.ts';

describe('hosts with ports', () => {
  it('puts IPv6 and nothing else into brackets', () => {
    expect(hostWithPort('::1', 25)).toBe('[::1]:25');
    expect(hostWithPort('[::1]', 25)).toBe('[::1]:25');
    expect(hostWithPort('127.0.0.1', 25)).toBe('127.0.0.1:25');
    expect(hostWithPort('mx.example.com', 25)).toBe('mx.example.com:25');
    expect(bracketedHost('2001:db8::1')).toBe('[2001:db8::1]');
  });

  it('takes brackets off an IPv6 address only', () => {
    expect(withoutBrackets('[::1]')).toBe('::1');
    for (const text of ['::1', '[127.0.0.1]', '[x]', '[::1', '[[::1]]', '[::1]:25']) {
      expect(withoutBrackets(text)).toBe(text);
    }
  });

  it.each([
    ['example.com', 'example.com', null],
    ['example.com:443', 'example.com', 443],
    ['192.0.2.0/24:8080', '192.0.2.0/24', 8080],
    ['[2001:db8::1]', '2001:db8::1', null],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
    ['[2001:db8::]/32:443', '2001:db8::/32', 443],
    ['2001:db8::1:443', '2001:db8::1:443', null],
  ])('takes %s apart', (text, host, port) => {
    expect(splitHostPort(text)).toEqual({ host, port });
  });

  it.each(['a:0', 'a:65536', 'a:', 'a:b', 'a:1:2', '[::1', '[127.0.0.1]:1', '[::1]x:1', '[::1]:', '::1]:1'])(
    'does not take %s apart',
    (text) => {
      expect(splitHostPort(text)).toBe(null);
    },
  );
});
