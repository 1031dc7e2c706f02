import { describe, expect, it } from 'vitest';
import { egressText, parseEgress, storedEgress } from './policy.ts';

describe('what an agent may reach', () => {
  it.each([
    ['none', 'none'],
    ['public', 'public'],
    [' public ', 'public'],
    ['API.Example.com', 'api.example.com'],
    ['api.example.com, *.Example.org ,api.example.com', 'api.example.com,*.example.org'],
    ['bücher.example:443', 'xn--bcher-kva.example:443'],
    ['db:5432', 'db:5432'],
    ['10.0.0.0/8,192.0.2.7:8080', '10.0.0.0/8,192.0.2.7:8080'],
    ['2001:DB8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:443', '[2001:db8::1]:443'],
    ['[fd00::]/8:443', '[fd00::]/8:443'],
    ['fd00::/8', 'fd00::/8'],
  ])('reads %j as %s', (text, canonical) => {
    const parsed = parseEgress(text);
    expect(parsed.ok && egressText(parsed.policy)).toBe(canonical);
    expect(storedEgress(canonical)).toEqual(parsed.ok && parsed.policy);
  });

  it.each([
    ['', 'A host is missing.'],
    ['a.example.com,,b.example.com', 'A host is missing.'],
    ['none,a.example.com', 'none stands alone'],
    ['a.example.com,public', 'public stands alone'],
    ['publik', 'needs its port'],
    ['Public', 'needs its port'],
    ['localhost:80', '127.0.0.1'],
    ['db.localhost', '127.0.0.1'],
    ['*', 'character "*"'],
    ['*.com', 'at least two labels'],
    ['a.*.example.com', 'character "*"'],
    ['*.*.example.com', 'character "*"'],
    ['example.com.', 'at least two labels'],
    ['exa mple.com', 'U+0020'],
    ['example.com\r\nx', 'U+000D'],
    ['https://example.com', 'only a host'],
    ['ann@example.com', 'only a host'],
    ['example.com/path', 'no IP address'],
    ['10.0.0.1/8', 'not the first address'],
    ['127.1', 'no IP address'],
    ['2130706433', 'no IP address'],
    ['0x7f.0.0.1', 'at least two labels'],
    ['example.com:0', 'port'],
    ['example.com:99999', 'port'],
    ['fe80::1%eth0', 'port'],
    [Array.from({ length: 101 }, (_, index) => `h${index}.example.com`).join(','), 'At most 100'],
    ['a'.repeat(10_001), 'too long'],
  ])('refuses case %#', (text, why) => {
    const parsed = parseEgress(text);
    expect(parsed).toMatchObject({ ok: false, reason: expect.stringContaining(why) });
    expect(!parsed.ok && parsed.reason).toMatch(/^[ -~]+$/);
  });

  it('reaches nothing by a stored text that can not be read', () => {
    expect(storedEgress('newer grammar!')).toEqual({ kind: 'none' });
    expect(storedEgress('')).toEqual({ kind: 'none' });
  });
});
