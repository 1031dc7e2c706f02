import { expect, it } from 'vitest';
import { canonicalAddress } from './index.ts';

it('runs in workerd', () => {
  expect(navigator.userAgent).toBe('Cloudflare-Workers');
  expect(canonicalAddress('A@Example.org')).toMatchObject({ ok: true });
});
