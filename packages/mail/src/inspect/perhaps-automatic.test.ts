import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMachineSubject } from './machine-subject.ts';
import { perhapsAutomaticSigns } from './perhaps-automatic.ts';

const signsOf = (headers: Record<string, string>, subject = 'Hello') =>
  perhapsAutomaticSigns({
    headers: Object.entries(headers).map(([name, value]) => ({ name, value })),
    envelopeSender: 'ann@example.com',
    fromAddress: 'ann@example.com',
    subject,
  });

describe('perhapsAutomaticSigns', () => {
  it.each([
    ['x-auto-response-suppress', 'All'],
    ['x-auto-response-suppress', 'OOF, AutoReply'],
    ['x-auto-response-suppress', 'DR, NDR, RN, NRN, OOF, Auto-Reply (x)'],
    ['list-unsubscribe', '<https://crm.example/u/1>'],
    ['list-unsubscribe-post', 'List-Unsubscribe=One-Click'],
    ['list-help', '<mailto:help@example.com>'],
    ['list-archive', '<https://lists.example/>'],
    ['x-ms-exchange-inbox-rules-loop', 'ann@example.com'],
  ])('finds %s: %s', (key, value) => expect(signsOf({ [key]: value })).toEqual([key]));

  it.each([
    ['x-auto-response-suppress', 'DR, RN, NRN'],
    ['x-auto-response-suppress', 'None'],
    ['x-auto-response-suppress', '(All)'],
    ['feedback-id', '1:2:3:provider'],
    ['precedence', 'bulk'],
    ['x-mailer', 'list-unsubscribe'],
  ])('finds nothing in %s: %s', (key, value) => expect(signsOf({ [key]: value })).toEqual([]));

  it('names each sign once', () => {
    const headers = { 'x-auto-response-suppress': 'All', 'list-unsubscribe': '<x>' };
    expect(signsOf(headers, 'Automatiskt svar: Hej')).toEqual([
      'x-auto-response-suppress',
      'list-unsubscribe',
      'subject',
    ]);
  });
});

describe('a subject that software writes', () => {
  it.each([
    ...['Automatic reply: Hello', 'AUTOMATIC REPLY: Re: x', 'Auto-Reply: x', 'Autoreply: x', 'Auto reply: x'],
    ...[
      'Automatic Response: x',
      '[Auto-Reply] x',
      'Automatic reply',
      'Out of Office: x',
      'Out of office: Hello',
    ],
    ...[
      'Out of Office AutoReply: x',
      'Out Of Office Reply: x',
      '[EXTERNAL] Automatic reply: x',
      '[EXT] [SPAM] Abwesend: x',
    ],
    ...[
      'Automatische Antwort: Hallo',
      'Abwesend: x',
      'Abwesenheitsnotiz: x',
      'Automatiskt svar: Hej',
      'Autosvar: x',
    ],
    ...[
      'Automatisk svar: Hei',
      'Automaattinen vastaus: Hei',
      'Réponse automatique : Bonjour',
      'Réponse automatique\u00a0: x',
    ],
    ...[
      'Re\u0301ponse automatique : x',
      'Absence du bureau: x',
      'Respuesta automática: x',
      'Fuera de la oficina: x',
    ],
    ...[
      'Risposta automatica: x',
      'Resposta automática: x',
      'Resposta automàtica: x',
      'Automatisch antwoord: x',
    ],
    ...[
      'Odpowiedź automatyczna: x',
      'Automatická odpověď: x',
      'Automatická odpoveď: x',
      'Automatikus válasz: x',
    ],
    ...['Răspuns automat: x', 'Automatski odgovor: x', 'Автоматичен отговор: x', 'Автоматический ответ: x'],
    ...[
      'Автоответ: x',
      'Автоматична відповідь: x',
      'Αυτόματη απάντηση: x',
      'Otomatik yanıt: x',
      'Otomatik Yanıt: x',
    ],
    ...[
      'מענה אוטומטי: x',
      '\u200fתשובה אוטומטית: x',
      'رد تلقائي: x',
      'ตอบกลับอัตโนมัติ: x',
      'Trả lời tự động: x',
    ],
    ...[
      'Balasan otomatis: x',
      '自動応答: x',
      '自動返信：x',
      '自动答复: x',
      '自动回复：x',
      '自動回覆: x',
      '자동 회신: x',
      'OOO: Hello',
    ],
    ...[
      'Undelivered Mail Returned to Sender',
      'Undeliverable: x',
      'Unzustellbar: x',
      'Non remis : x',
      'Returned mail: see',
    ],
    ...[
      'Delivery Status Notification (Failure)',
      'Delivery status notification: error',
      'DELIVERY FAILURE: User x',
    ],
    ...[
      'Mail delivery failed: returning message to sender',
      'failure notice',
      'Warning: message 1 delayed 24 hours',
    ],
  ])('is %s', (subject) => expect(isMachineSubject(subject)).toBe(true));

  it.each([
    ...[
      'Out of office next week, please plan',
      'Re: Automatic reply: Hello',
      'AW: Abwesend: x',
      'Fwd: Undeliverable: x',
    ],
    ...[
      'How do I set an automatic reply?',
      'Automatic replybot: x',
      'Automatic replies: how?',
      'Auto: repair',
    ],
    ...[
      'Abwesend nächste Woche',
      'Absence: Ann',
      'Re: failure notice for you?',
      'failure notices',
      'Poissaolo',
    ],
    ...[
      'Delivery status notifications in our shop',
      'Warning: could be late',
      'Automation: reply',
      'Hello',
      '',
      '[x]',
    ],
  ])('is not %s', (subject) => expect(isMachineSubject(subject)).toBe(false));

  it('is found behind any blanks and in any case', () => {
    const blank = fc.constantFrom('', ' ', '\u00a0', '\t', '\u200e');
    const subject = fc.constantFrom(
      'Automatiskt svar: Hej',
      'AUTOMATISKT SVAR : HEJ',
      'automatiskt\u00a0svar： hej',
    );
    fc.assert(
      fc.property(blank, subject, fc.string(), (before, text, after) => {
        expect(isMachineSubject(before + text + after)).toBe(true);
      }),
    );
  });

  it('reads any subject', () => {
    for (const unit of ['[', '[x] ', 'automatic reply', ' ', ':', 'ﷺ', '\u0301', '\u200e']) {
      expect(typeof isMachineSubject(unit.repeat(200_000))).toBe('boolean');
    }
  });
});
