/** Signing in never leads anywhere but to a page of ours. */
import { expect, it } from 'vitest';
import { returnCookies, returnOf, returnPath, signInPath } from './return-path.ts';

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
  '/api/v1/me',
])('does not lead to %j', (path) => {
  expect(returnPath(path)).toBe('/');
});

it('names the page in the address of the sign-in page, and nothing where it is the first one', () => {
  expect(signInPath('/mails?state=held')).toBe('/sign-in?to=%2Fmails%3Fstate%3Dheld');
  expect(signInPath('/')).toBe('/sign-in');
});

it('is remembered until the mail has come, and checked again when it is read', () => {
  const url = new URL('https://agents.example');
  const [cookie = ''] = returnCookies('/mails?state=held', url);
  expect(cookie).toMatch(
    /^tinyfat_return=%2Fmails%3Fstate%3Dheld; Max-Age=600; Path=\/sign-in; HttpOnly; Secure; SameSite=Lax$/,
  );
  const of = (value: string) => returnOf(new Headers({ cookie: `a=b; tinyfat_return=${value}` }), url).to;
  expect(of('%2Fmails%3Fstate%3Dheld')).toBe('/mails?state=held');
  expect(of('%2F%2Fevil.example')).toBe('/');
  expect(of('%')).toBe('/');
  expect(returnCookies('//evil.example', url)).toEqual([]);
  expect(returnOf(new Headers(), url)).toEqual({ to: '/', cookies: [] });
});
