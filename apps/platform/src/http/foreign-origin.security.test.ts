import { describe, expect, it } from 'vitest';
import { foreignOrigin } from './foreign-origin.ts';

const OURS = 'https://agents.example';
const publicUrl = new URL(`${OURS}/`);

const foreign = (path: string, method: string, headers: Record<string, string>) =>
  foreignOrigin(new Request(`http://127.0.0.1:8025${path}`, { method, headers }), publicUrl);

describe('a form', () => {
  it('is taken from a page of ours', () => {
    expect(foreign('/sign-in', 'POST', { origin: OURS })).toBe(false);
    expect(foreign('/sign-in', 'POST', { origin: OURS, 'sec-fetch-site': 'same-origin' })).toBe(false);
  });

  it.each([
    ['without an Origin', {}],
    ['from another site', { origin: 'https://evil.example' }],
    ['from a name that begins like ours', { origin: 'https://agents.example.evil.example' }],
    ['from a subdomain', { origin: 'https://x.agents.example' }],
    ['from another port', { origin: 'https://agents.example:8443' }],
    ['over plain http', { origin: 'http://agents.example' }],
    ['from a sandboxed frame', { origin: 'null' }],
    ['with the Host in the place of PUBLIC_URL', { origin: 'http://127.0.0.1:8025' }],
    ['with two origins', { origin: `${OURS}, https://evil.example` }],
    ['that the browser calls cross-site', { origin: OURS, 'sec-fetch-site': 'cross-site' }],
    ['that the browser calls same-site', { origin: OURS, 'sec-fetch-site': 'same-site' }],
  ])('is refused %s, cookies or not', (_, headers) => {
    for (const path of ['/sign-in', '/sign-in/confirm', '/sign-out', '/']) {
      expect(foreign(path, 'POST', headers)).toBe(true);
      expect(foreign(path, 'POST', { ...headers, cookie: 'tinyfat_session=x' })).toBe(true);
    }
  });
});

describe('a request of a program', () => {
  it.each(['/api/v1/agents', '/webhooks/resend'])('to %s needs an Origin with cookies only', (path) => {
    expect(foreign(path, 'POST', {})).toBe(false);
    expect(foreign(path, 'POST', { cookie: 'tinyfat_session=x' })).toBe(true);
    expect(foreign(path, 'DELETE', { cookie: 'tinyfat_session=x', origin: OURS })).toBe(false);
  });

  it.each(['/apix', '/webhooks-of-mine', '/healthy'])('is none at %s', (path) => {
    expect(foreign(path, 'POST', {})).toBe(true);
  });
});

it('reading needs no Origin', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS'])
    expect(foreign('/sign-in/confirm', method, {})).toBe(false);
});
