import { describe, expect, it } from 'vitest';
import { parseServerUrl } from './server-url.ts';

describe('the address of a server', () => {
  it.each([
    ['https://agents.example.com', 'https://agents.example.com'],
    ['https://agents.example.com:8443/', 'https://agents.example.com:8443'],
    ['https://example.com/tinyfat//', 'https://example.com/tinyfat'],
    ['http://localhost:8025', 'http://localhost:8025'],
    ['http://127.0.0.1:8025/', 'http://127.0.0.1:8025'],
    ['http://127.9.9.9', 'http://127.9.9.9'],
    ['http://[::1]:8025', 'http://[::1]:8025'],
    ['HTTP://LOCALHOST', 'http://localhost'],
  ])('%s is taken', (text, url) => {
    expect(parseServerUrl(text)).toEqual({ ok: true, url });
  });

  it.each([
    'http://agents.example.com',
    'http://127.0.0.1.evil.example',
    'http://127.evil.example',
    'http://localhost.evil.example',
    'http://192.0.2.1',
    'http://0.0.0.0:8025',
    'http://[::]:8025',
    'http://[::ffff:192.0.2.1]',
  ])('%s is refused: the token could be read on its way', (text) => {
    expect(parseServerUrl(text)).toMatchObject({ ok: false, reason: expect.stringContaining('https://') });
  });

  it.each([
    '',
    'agents.example.com',
    'localhost:8025',
    'ftp://localhost',
    'file:///etc/passwd',
    'https://user:hunter2@agents.example.com',
    'https://hunter2@agents.example.com',
    'https://agents.example.com?to=hunter2',
    'https://agents.example.com#hunter2',
    'http://localhost@evil.example',
  ])('%j is none, and is not repeated', (text) => {
    const parsed = parseServerUrl(text);
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toMatch(/hunter2|evil/);
  });
});
