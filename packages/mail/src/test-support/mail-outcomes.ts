/** Whether what the mail workers gave is what their contract says, for tests; throws where it is not. */
import type { HeaderAddress, Inspection, MailReport } from '@tinyfat/core';
import { expect } from 'vitest';
import type { MailContent, ReadMail } from '../contract/mail.ts';

const words = ['none', 'neutral', 'pass', 'fail', 'softfail', 'policy', 'temperror', 'permerror'];
const inspectCodes = ['too_large', 'too_complex', 'unreadable', 'deadline'];

/** An Inspection in which every field has its type and every word is one of its list. */
export function checkInspection(inspection: Inspection): void {
  if (inspection.ok) checkFacts(inspection);
  else checkRefusal(inspection);
}

function checkFacts({ summary, evidence }: Extract<Inspection, { ok: true }>): void {
  if (summary.from.ok) checkAddresses([summary.from]);
  else expect(summary.from.reason).toMatch(/^[ -~]{1,300}$/);
  for (const list of [summary.to, summary.cc]) checkAddresses(list);
  expect(summary.subject).toBeTypeOf('string');
  if (summary.date !== null) expect(Number.isFinite(summary.date)).toBe(true);
  for (const id of [summary.messageId, summary.inReplyTo, ...summary.references]) {
    if (id !== null) expect(id).toMatch(/^<[^<>\s]+>$/);
  }
  for (const count of Object.values(summary.fieldCounts)) expect(Number.isInteger(count)).toBe(true);
  checkStrings([...summary.automatic, ...summary.perhapsAutomatic]);
  expect(['trusted_client', 'verified', 'asserted', 'unverified']).toContain(evidence.source);
  for (const signature of evidence.dkim) {
    expect(words).toContain(signature.result);
    checkStrings([signature.domain, signature.selector, ...signature.signedHeaders]);
    expect(signature.fingerprint).toMatch(/^([0-9a-f]{64})?$/);
    if (signature.signedAt !== null) expect(Number.isFinite(signature.signedAt)).toBe(true);
    expect([signature.aligned, signature.bodyLengthLimited]).toEqual([
      expect.any(Boolean),
      expect.any(Boolean),
    ]);
  }
  for (const result of [evidence.spf, evidence.dmarc]) {
    if (result === null) continue;
    expect(words).toContain(result.result);
    if (result.domain !== null) expect(result.domain).toMatch(/^[!-~]*$/);
  }
  if (evidence.dmarc !== null)
    expect(['none', 'quarantine', 'reject', null]).toContain(evidence.dmarc.policy);
}

/** Null, or a MailReport made of text. */
export function checkReport(report: MailReport | null): void {
  if (report === null) return;
  expect(['delivery', 'feedback']).toContain(report.kind);
  checkStrings(report.messageIds);
  expect(report.recipients).toBeInstanceOf(Array);
}

/** A ReadMail whose text is clean and whose attachments hold no more than the message of that many bytes did. */
export function checkReadMail(read: ReadMail, messageBytes: number): void {
  if (read.ok) checkContent(read.content, messageBytes);
  else checkRefusal(read);
}

function checkContent({ to, cc, date, text, quoted, attachments }: MailContent, messageBytes: number): void {
  for (const list of [to, cc]) checkAddresses(list);
  if (date !== null) expect(Number.isNaN(Date.parse(date))).toBe(false);
  for (const shown of [text, quoted]) {
    expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(shown.isWellFormed()).toBe(true);
    expect(shown.length).toBeLessThan(600_000);
  }
  let bytes = 0;
  for (const { filename, contentType, detectedType, marks, disposition, contentId, content } of attachments) {
    checkStrings([filename ?? '', contentId ?? '', detectedType ?? '', contentType, ...marks]);
    expect(['attachment', 'inline']).toContain(disposition);
    expect(content).toBeInstanceOf(Uint8Array);
    bytes += content.length;
  }
  expect(bytes).toBeLessThanOrEqual(messageBytes);
}

function checkRefusal(refusal: { code: string; reason: string }): void {
  expect(inspectCodes).toContain(refusal.code);
  expect(refusal.reason).toMatch(/^[ -~]{1,500}$/);
}

function checkAddresses(list: readonly HeaderAddress[]): void {
  checkStrings(list.flatMap(({ address, name }) => [address, name]));
}

function checkStrings(list: readonly string[]): void {
  for (const text of list) expect(text).toBeTypeOf('string');
}
