import { expect, it } from 'vitest';
import { canonicalAddress } from './index.ts';

it('runs in workerd', () => {
  expect(navigator.userAgent).toBe('Cloudflare-Workers');
  expect(canonicalAddress('A@Example.org')).toMatchObject({ ok: true });
});

it('takes no A-label that stands for nothing', () => {
  expect(canonicalAddress('a@xn--bcher-kva.example')).toMatchObject({ ok: true });
  for (const domain of ['xn--a.example', 'example.xn--a', 'xn--.example', 'xn--abc-.example']) {
    expect(canonicalAddress(`a@${domain}`)).toMatchObject({ ok: false });
  }
});
