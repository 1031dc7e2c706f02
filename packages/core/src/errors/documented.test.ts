/** docs/mail-in.md has every verdict on a mail, with its SMTP answer; docs/supabase.md every fault of a database. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type AcceptedCode, type AdmissionCode, smtpReply } from '../admission/smtp-reply.ts';
import { admissionErrors } from './admission.ts';
import { databaseErrors } from './database.ts';

const page = readFileSync(new URL('../../../../docs/mail-in.md', import.meta.url), 'utf8');
const accepted = {
  accepted: true,
  accepted_by_secret_address: true,
} satisfies Record<AcceptedCode, true>;
const codes = [...Object.keys(accepted), ...Object.keys(admissionErrors)] as AdmissionCode[];

/** Rows of the tables of verdicts: code, answer, meaning, what to do. */
const rows = [...page.matchAll(/^\| `([a-z_]+)` \| (\d{3} \d\.\d+\.\d+) \|(.*)\|$/gm)].map(
  ([, code = '', answer = '', rest = '']) => ({ code, answer, rest: rest.split('|') }),
);

describe('docs/mail-in.md', () => {
  it('has each verdict once, and no other', () => {
    expect(rows.map(({ code }) => code).sort()).toEqual([...codes].sort());
  });

  it.each(codes)('gives the SMTP answer of %s, what it means and what to do', (code) => {
    const { code: number, enhanced } = smtpReply(code);
    const [row] = rows.filter((one) => one.code === code);
    expect(row?.answer).toBe(`${number} ${enhanced}`);
    expect(row?.rest).toHaveLength(2);
    const [meaning = '', action = ''] = row?.rest ?? [];
    expect(meaning.trim().length).toBeGreaterThan(10);
    if (!Object.hasOwn(accepted, code)) expect(action.trim().length).toBeGreaterThan(5);
  });
});

describe('docs/supabase.md', () => {
  it('says of each fault of a database what it means and what to do, and of no other', () => {
    const supabase = readFileSync(new URL('../../../../docs/supabase.md', import.meta.url), 'utf8');
    const found = [...supabase.matchAll(/^\| `(database_[a-z_]+)` \| .{10,} \| .{10,} \|$/gm)].map(
      ([, code]) => code,
    );
    expect(found.sort()).toEqual([...Object.keys(databaseErrors), 'database_newer'].sort());
  });
});
