/**
 * Headers in the shape in which mail programs and services write them, and what the door makes of them where the
 * sender is listed and proven: a person's mail is taken, what may be a machine's is quarantined, a machine's wakes nobody.
 * All names are made up.
 */

import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerBlock } from '../mime/header-block.ts';
import { message } from '../test-support/messages.ts';
import { summarize } from './summarize.ts';

type Kind = 'person' | 'quarantined' | 'machine';
type Sample = [name: string, headers: string[]];

async function kindOf(headers: string[], envelopeSender = 'ann@example.com'): Promise<Kind> {
  const { automatic, perhapsAutomatic } = summarize(headerBlock(message(headers)), envelopeSender);
  if (automatic.length > 0) return 'machine';
  return perhapsAutomatic.length > 0 ? 'quarantined' : 'person';
}

const ann = ['From: Ann Lee <ann@example.com>', 'To: Bot <bot@agents.test>', 'Subject: Re: The offer'];
const plus = (...more: string[]) => [...ann, ...more];
const about = (subject: string, ...more: string[]) => [...ann.slice(0, 2), `Subject: ${subject}`, ...more];
const from = (author: string, ...more: string[]) => [`From: ${author}`, ...ann.slice(1), ...more];
const exchange = [
  'Thread-Topic: The offer',
  'Thread-Index: AQHZAAAAAAAAAAAAAAAAAAAAAAAAAA==',
  'X-MS-Has-Attach:',
  'X-MS-TNEF-Correlator:',
  'X-MS-Exchange-CrossTenant-OriginalArrivalTime: 02 Mar 2026 10:00:00.0000 (UTC)',
];
const unsubscribe = 'List-Unsubscribe: <https://crm.example/u>';

const person: Sample[] = [
  ['Outlook over Exchange', plus(...exchange)],
  ['Outlook without receipts', plus(...exchange, 'X-Auto-Response-Suppress: DR, RN, NRN')],
  ['an iPhone', plus('Mime-Version: 1.0 (1.0)', 'X-Mailer: iPhone Mail (21F90)')],
  ['Apple Mail', plus('X-Mailer: Apple Mail (2.3826.700.81)', 'X-Universally-Unique-Identifier: 1A')],
  ['Gmail', plus('X-Gm-Message-State: AOJu0Yx', 'X-Google-Smtp-Source: AGHT+I', 'X-Received: by 2002:a05:1')],
  ['Thunderbird', plus('User-Agent: Mozilla Thunderbird', 'Autocrypt: addr=ann@example.com; keydata=')],
  ['mutt', plus('User-Agent: Mutt/2.2.12', 'Precedence: first-class')],
  [
    'Amazon WorkMail',
    plus('Feedback-ID: ::1.eu-west-1.a=:AmazonSES', 'X-SES-Outgoing: 2026.03.02-192.0.2.1'),
  ],
  ['a provider that marks everything', plus('Feedback-ID: s:postmark', 'X-PM-Tag: outbound')],
  ['a person who says so', plus('Auto-Submitted: no (written by hand)')],
  ['a forward by hand', about('Fwd: Automatic reply: The offer')],
  ['an answer to an automatic reply', about('Re: Automatic reply: The offer')],
  ['a word about absence', about('Out of office next week, please plan')],
  ['an agent of a help desk', plus('X-Zendesk-From-Account-Id: 1', 'X-Mailer: Zendesk Mailer')],
  ['an answer to an invitation', about('Accepted: Planning', 'Content-Type: text/calendar; method=REPLY')],
  ['what a sieve redirected', plus('X-Sieve: CMU Sieve 3.0', 'X-Sieve-Redirected-From: a@b.example')],
  ['what Gmail forwarded', plus('X-Forwarded-To: bot@agents.test', 'X-Forwarded-For: ann@example.com')],
  ['what was delivered before', plus('Delivered-To: ann@example.com', 'Return-Path: <ann@example.com>')],
  ['an urgent mail', plus('Importance: high', 'Disposition-Notification-To: ann@example.com')],
  ['a tag that says noreply', from('ann+noreply@example.com')],
];

const quarantined: Sample[] = [
  ['Outlook, as some servers of Exchange write it', plus(...exchange, 'X-Auto-Response-Suppress: All')],
  ['a letter out of HubSpot', plus(unsubscribe, 'X-HubSpot-Message-Source: SEQUENCES')],
  ['a letter out of Salesforce', plus(unsubscribe, 'X-SFDC-LK: 00D', 'X-SFDC-EmailCategory: singleEmail')],
  ['one-click unsubscription', plus(unsubscribe, 'List-Unsubscribe-Post: List-Unsubscribe=One-Click')],
  ['what a rule of a mailbox sent on', plus('X-MS-Exchange-Inbox-Rules-Loop: ann@example.com')],
  ['an absence whose fields a gateway took out', about('Automatiskt svar: The offer')],
  ['one in an encoded subject', about('=?utf-8?Q?R=C3=A9ponse_automatique=C2=A0=3A_The_offer?=')],
  ['one that a gateway marked', about('[EXTERNAL] Automatische Antwort: The offer')],
  ['one with two such signs', about('Automatic reply: x', 'X-Auto-Response-Suppress: OOF')],
  ['a bounce whose fields a gateway took out', about('Undelivered Mail Returned to Sender')],
];

const machine: Sample[] = [
  [
    'Exchange',
    about('Automatic reply: x', 'Auto-Submitted: auto-generated', 'X-Auto-Response-Suppress: All'),
  ],
  ['Gmail', about('Away', 'Precedence: bulk', 'X-Autoreply: yes', 'Auto-Submitted: auto-replied')],
  ['Zimbra', about('Away', 'Auto-Submitted: auto-replied (zimbra; vacation)', 'Precedence: bulk')],
  ['cPanel', about('Away', 'X-Autorespond: The offer', 'X-Precedence: auto_reply')],
  ['an answerer of qmail', about('Away', 'Delivered-To: Autoresponder')],
  ['Mailtraq', about('Away', 'X-POST-MessageClass: 9; Autoresponder')],
  ['BoxTrapper', about('Your mail requires verification', 'Preference: auto_reply')],
  ['a question to a list', plus('List-Id: <dev.example.org>', 'List-Post: <mailto:dev@example.org>')],
  ['Mailman 2', plus('X-BeenThere: dev@example.org', 'X-Mailman-Version: 2.1.39', 'Precedence: list')],
  ['a newsletter', plus('Precedence: bulk', unsubscribe)],
  ['a ticket system', plus('Auto-Submitted: auto-generated', 'X-Mailer: Zendesk Mailer')],
  ['cron', from('root@example.com', 'X-Cron-Env: <SHELL=/bin/sh>')],
  ['a receipt', plus('Content-Type: multipart/report; report-type=disposition-notification; boundary=x')],
  ['a service that takes no answer', from('Orders <orders.no_reply@example.com>')],
  [
    'an agent',
    plus('Auto-Submitted: auto-replied', 'X-Auto-Response-Suppress: All', 'X-Loop: a@agents.test'),
  ],
  ['a bounce', from('MAILER-DAEMON@mx.example.net (Mail Delivery System)')],
];

const samples = [
  ...person.map(([name, headers]) => ({ name, headers, kind: 'person' as const })),
  ...quarantined.map(([name, headers]) => ({ name, headers, kind: 'quarantined' as const })),
  ...machine.map(([name, headers]) => ({ name, headers, kind: 'machine' as const })),
];

describe('the kind of a mail', () => {
  it.each(samples)('$kind: $name', async ({ headers, kind }) => expect(await kindOf(headers)).toBe(kind));

  it('is a machine’s wherever the envelope names nobody', async () => {
    for (const { headers } of samples) {
      for (const nobody of ['', '<>', ' <> ']) expect(await kindOf(headers, nobody)).toBe('machine');
    }
  });

  it('does not depend on how the fields are written, or on their order', async () => {
    const spelling = fc.record({ upper: fc.nat(2), fold: fc.boolean(), gap: fc.constantFrom('', ' ', '\t') });
    const written = fc
      .constantFrom(...samples)
      .chain(({ headers, kind }) =>
        fc.tuple(
          fc.shuffledSubarray(headers, { minLength: headers.length }),
          fc.array(spelling, { minLength: headers.length, maxLength: headers.length }),
          fc.constant(kind),
        ),
      );
    await fc.assert(
      fc.asyncProperty(written, async ([headers, spellings, kind]) => {
        const lines = headers.map((line, at) => spelled(line, spellings[at]));
        expect(await kindOf(lines)).toBe(kind);
      }),
      fuzzRuns(150),
    );
  });

  it('of a person is not changed by fields that say nothing', async () => {
    const name = fc
      .stringMatching(/^X-[A-Z][a-z]{1,8}-[A-Z][a-z]{1,8}$/)
      .filter((text) => !/^X-(Auto|Ms|Mail|Cron|Failed|Fc|Post)/.test(text));
    const field = fc
      .tuple(name, fc.stringMatching(/^[ -~]{0,60}$/))
      .map(([key, value]) => `${key}: ${value}`);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...person),
        fc.array(field, { maxLength: 8 }),
        async ([, headers], more) => {
          expect(await kindOf([...more, ...headers])).toBe('person');
        },
      ),
    );
  });
});

interface Spelling {
  upper: number;
  fold: boolean;
  gap: string;
}

/** The same field in another spelling: case of its name, blanks before the colon, a fold before its value. */
function spelled(line: string, { upper, fold, gap }: Spelling = { upper: 0, fold: false, gap: '' }): string {
  const colon = line.indexOf(':');
  const name = line.slice(0, colon);
  const cased = [name, name.toUpperCase(), name.toLowerCase()][upper] ?? name;
  return `${cased}${gap}:${fold ? '\r\n\t' : ''}${line.slice(colon + 1)}`;
}
