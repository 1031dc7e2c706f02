/** Signing in never leads anywhere but to a page of ours. */
import { expect, it } from 'vitest';
import { returnPath, signInPath } from './return-path.ts';

it.each(['/mails', '/mails/1?tab=text&x=%2F', '/agents/scout/files?path=a%20b', '/'])(
  'leads back to %s',
  (path) => {
    expect(returnPath(path)).toBe(path);
  },
);

it.each([
  null,
  '',
  'mails',
  'https://evil.example/',
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/a\\..\\..//evil.example',
  '/x/..//evil.example',
  '/.//evil.example',
  '/%09/evil.example\n',
  '/\t/evil.example',
  ' /mails',
  '/mails\r\nset-cookie: a=b',
  'javascript:alert(1)',
  '/@evil.example/../..//evil.example',
  `/${'a'.repeat(1001)}`,
  '/sign-in',
  '/sign-in/confirm?token=x',
  '/sign-out',
  '/sign-out/everywhere',
  '/api/v1/me',
])('does not lead to %j', (path) => {
  expect(returnPath(path)).toBe('/');
});

it('names the page in the address of the sign-in page, and nothing where it is the first one', () => {
  expect(signInPath('/mails?state=held')).toBe('/sign-in?to=%2Fmails%3Fstate%3Dheld');
  expect(signInPath('/')).toBe('/sign-in');
});
