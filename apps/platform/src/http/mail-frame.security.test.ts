import { expect, it } from 'vitest';
import { MAIL_POLICY, mailDocument, mailFrame } from './mail-frame.ts';
import { withSecurityHeaders } from './security-headers.ts';

const url = new URL('https://agents.example/');
const sealed = (answer: Response) => withSecurityHeaders(answer, url).headers;

it('only a mail may be framed, by us alone, and without our origin', () => {
  const headers = sealed(mailFrame('x'));
  expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toBe(MAIL_POLICY);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'self'");
  expect(policy).toMatch(/^sandbox /);
  expect(policy).not.toMatch(/allow-(?:scripts|same-origin|forms|top-navigation|modals)/);
  expect(headers.get('referrer-policy')).toBe('no-referrer');
});

it.each([
  ['a page', new Response('x', { headers: { 'content-type': 'text/html' } })],
  [
    'a download',
    new Response('x', { headers: { 'content-security-policy': "sandbox; default-src 'none'" } }),
  ],
  [
    'an answer that asks for it',
    new Response('x', {
      headers: { 'content-security-policy': "frame-ancestors 'self'", 'x-frame-options': 'SAMEORIGIN' },
    }),
  ],
])('%s may not', (_, answer) => {
  expect(sealed(answer).get('x-frame-options')).toBe('DENY');
});

it('says what is not shown', () => {
  const body = { html: '<p>Hi</p>', own: true, picturesLeftOut: 0, cut: false };
  expect(mailDocument(body)).not.toContain('class="note"');
  expect(mailDocument({ ...body, picturesLeftOut: 2, cut: true })).toMatch(
    /2 pictures are not shown.*longer/,
  );
});
