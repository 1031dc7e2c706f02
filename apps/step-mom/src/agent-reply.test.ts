import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agentReplied, readOutboxMail, snapshotOutbox, writtenSince } from './agent-reply.ts';
import { makeInput } from './test-support/turn-folder.ts';

const { email } = makeInput('http://127.0.0.1:1');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, mail: unknown) =>
  writeFileSync(join(folder, name), typeof mail === 'string' ? mail : JSON.stringify(mail));

test.each<[string, object]>([
  ['no recipient and no subject', {}],
  ['the sender as recipient', { to: ['ANN@example.com'] }],
  ['the sender with a name', { to: ['Ann <ann@example.com>'] }],
  ['the sender among others', { to: ['bob@example.com', 'ann@example.com'] }],
  ['the sender in another case', { to: ['Ann@EXAMPLE.com'] }],
  ['the id of the mail', { subject: 'Other', in_reply_to: '<one@example.com>' }],
  ['the sender in copy', { to: ['bob@example.com'], cc: ['ann@example.com'] }],
])('a mail with %s answers the sender', (_, fields) => {
  write('a.json', { body: 'hi', status: 'pending', ...fields });
  expect(agentReplied(folder, new Map(), email)).toBe(true);
});

test.each<[string, object]>([
  ['to someone else', { to: ['bob@example.com'] }],
  ['with a recipient and a subject of its own', { to: ['ann@example.com'], subject: 'Report' }],
  ['in another thread', { in_reply_to: '<other@example.com>' }],
  ['without a body', { body: '  ' }],
  ['that was already sent', { status: 'sent' }],
  ['with a recipient that is no address', { to: ['ann'] }],
  ['with a line break in its subject', { subject: 'a\nBcc: b@example.com' }],
])('a mail %s does not', (_, fields) => {
  write('a.json', { body: 'hi', status: 'pending', ...fields });
  expect(agentReplied(folder, new Map(), email)).toBe(false);
});

test('a mail without an id of its own is answered by a mail that names no other', () => {
  const nameless = { ...email, message_id: null };
  write('a.json', { body: 'hi' });
  expect(agentReplied(folder, new Map(), nameless)).toBe(true);
  write('a.json', { body: 'hi', in_reply_to: '<other@example.com>' });
  expect(agentReplied(folder, new Map(), nameless)).toBe(false);
});

test('a draft is no reply', () => {
  write('.draft.json', { body: 'hi' });
  expect(agentReplied(folder, new Map(), email)).toBe(false);
});

test('only mails that are new or changed since the snapshot count', () => {
  write('old.json', { body: 'hi', status: 'pending' });
  const before = snapshotOutbox(folder);
  expect(agentReplied(folder, before, email)).toBe(false);
  write('old.json', { body: 'hi again', status: 'pending' });
  expect(writtenSince(folder, before)).toEqual(['old.json']);
  expect(agentReplied(folder, before, email)).toBe(true);
});

test.each(['', '{', 'null', '[]', '"x"', '{"body":1}'])('%j is no mail', (text) => {
  write('a.json', text);
  expect(readOutboxMail(join(folder, 'a.json'))).toBeNull();
});

test('a folder with the name of a mail, and a missing outbox, are no mails', () => {
  expect(readOutboxMail(folder)).toBeNull();
  expect(snapshotOutbox(join(folder, 'missing')).size).toBe(0);
});

test('a reply counts only among the mails that the host will send', () => {
  for (let number = 0; number < 100; number++)
    write(`m${String(number).padStart(3, '0')}.json`, { body: 'x', to: ['bob@example.com'] });
  write('z.json', { body: 'The reply.' });
  expect(agentReplied(folder, new Map(), email)).toBe(false);
  write('a.json', { body: 'The reply.' });
  expect(agentReplied(folder, new Map(), email)).toBe(true);
});

test('files without end are looked at up to a number of bytes', () => {
  for (let number = 0; number < 50; number++) {
    write(`${number}.json`, '{"body":"x","z":"');
    truncateSync(join(folder, `${number}.json`), 24_900_000);
  }
  write('z.json', { body: 'The reply.' });
  expect(agentReplied(folder, new Map(), email)).toBe(false);
});
