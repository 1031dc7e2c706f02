/** docs/mail-in.md has every code of webhooks once, with the HTTP status that the provider gets. */
import { readFileSync } from 'node:fs';
import { ERRORS } from '@tinyfat/core';
import { describe, expect, it } from 'vitest';
import { WEBHOOK_STATUS } from './store-event.ts';

const page = readFileSync(new URL('../../../../docs/mail-in.md', import.meta.url), 'utf8');
const rows = [...page.matchAll(/^\| `(webhook_[a-z_]+)` \| ([^|]+) \|/gm)].map(([, code, answer]) => [
  code,
  answer,
]);

describe('docs/mail-in.md', () => {
  it('has every code of webhooks, and no other', () => {
    const codes = Object.keys(ERRORS).filter((code) => code.startsWith('webhook_'));
    expect(rows.map(([code]) => code).sort()).toEqual(codes.sort());
  });

  it('gives the status of those that are answered', () => {
    const answered = rows.filter(([, answer]) => /^\d{3}$/.test(answer ?? ''));
    expect(Object.fromEntries(answered.map(([code, answer]) => [code, Number(answer)]))).toEqual(
      WEBHOOK_STATUS,
    );
  });
});
