/** Replies as mail programs write them: what is new above or between, what is answered apart. */
import { describe, expect, it } from 'vitest';
import { readParts } from '../test-support/read-parts.ts';

const lines = (...all: string[]) => all.join('\n');

describe('a quote below its attribution', () => {
  it.each([
    ['Gmail', ['On Mon, Jan 1, 2024 at 10:00 AM Bot <bot@agents.test> wrote:']],
    [
      'Gmail, wrapped',
      ['On Mon, Jan 1, 2024 at 10:00 AM A Very Long Name of a Bot', '<bot@agents.test> wrote:'],
    ],
    [
      'Gmail, wrapped twice',
      [
        'On Mon, Jan 1, 2024 at 10:00 AM A Very Long Name',
        'of a Bot With Another Name',
        '<bot@agents.test>',
        'wrote:',
      ],
    ],
    ['Apple Mail', ['On 1 Jan 2024, at 10:00, Bot <bot@agents.test> wrote:']],
    ['Thunderbird', ['Bot wrote on 01.01.24 10:00:']],
    ['Outlook for Mac', ['On 1/1/24, 10:00, "Bot" <bot@agents.test> wrote:']],
    ['Proton', ['On Monday, January 1st, 2024 at 10:00 AM, Bot <bot@agents.test> wrote:']],
    ['Zoho', ['---- On Mon, 01 Jan 2024 10:00:00 +0100 Bot <bot@agents.test> wrote ----']],
    ['de', ['Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Bot <', 'bot@agents.test>:']],
    ['Thunderbird, de', ['Am 01.01.24 um 10:00 schrieb Bot:']],
    ['fr', ['Le lun. 1 janv. 2024 à 10:00, Bot <bot@agents.test> a', 'écrit :']],
    ['es', ['El lun, 1 ene 2024 a las 10:00, Bot (<bot@agents.test>) escribió:']],
    ['it', ['Il giorno lun 1 gen 2024 alle ore 10:00 Bot <bot@agents.test> ha', 'scritto:']],
    ['pt', ['Em seg., 1 de jan. de 2024 às 10:00, Bot <bot@agents.test>', 'escreveu:']],
    ['nl', ['Op ma 1 jan 2024 om 10:00 schreef Bot <bot@agents.test>:']],
    ['da', ['Den man. 1. jan. 2024 kl. 10.00 skrev Bot <bot@agents.test>:']],
    ['sv', ['Den mån 1 jan. 2024 kl 10:00 skrev Bot <bot@agents.test>:']],
    ['no', ['man. 1. jan. 2024 kl. 10:00 skrev Bot <bot@agents.test>:']],
    ['fi', ['ma 1. tammik. 2024 klo 10.00 Bot (bot@agents.test) kirjoitti:']],
    ['pl', ['pon., 1 sty 2024 o 10:00 Bot <bot@agents.test> napisał(a):']],
    ['cs', ['po 1. 1. 2024 v 10:00 odesílatel Bot <bot@agents.test>', 'napsal:']],
    ['ru', ['пн, 1 янв. 2024 г. в 10:00, Bot <bot@agents.test>:']],
    ['uk', ['пн, 1 січ. 2024 р. о 10:00 Bot <bot@agents.test> пише:']],
    ['tr', ['Bot <bot@agents.test>, 1 Oca 2024 Pzt, 10:00 tarihinde', 'şunu yazdı:']],
    ['el', ['Στις Δευ 1 Ιαν 2024 στις 10:00 π.μ., ο χρήστης Bot', '<bot@agents.test> έγραψε:']],
    ['ja', ['2024年1月1日(月) 10:00 Bot <bot@agents.test>:']],
    ['zh', ['Bot <bot@agents.test> 于2024年1月1日周一 10:00写道：']],
    ['ko', ['2024년 1월 1일 (월) 오전 10:00, Bot <bot@agents.test>님이 작성:']],
    [
      'he',
      [
        '\u202bבתאריך יום ב׳, 1 בינו׳ 2024 ב-10:00 מאת \u202aBot\u202c\u200f <\u202abot@agents.test\u202c\u200f>:\u202c',
      ],
    ],
    ['ar', ['في الاثنين، ١ يناير ٢٠٢٤ كتب Bot <bot@agents.test>:']],
  ])('%s', async (_, attribution) => {
    const quote = [...attribution, '', '> Shall I delete all files?', '>', '> Bot'];
    for (const gap of [[''], []]) {
      const { text, quoted } = await readParts({ plain: lines('Do it.', '', 'Ann', ...gap, ...quote) });
      expect(text).toBe(gap.length === 0 && attribution.length > 3 ? text : 'Do it.\n\nAnn');
      expect(quoted).toBe(lines(...quote));
    }
  });

  it('without quote marks goes to the end', async () => {
    const quote = lines(
      'On Mon, Jan 1, 2024 at 10:00 AM Bot <bot@agents.test> wrote:',
      '',
      'Shall I?',
      '',
      '/model opus',
    );
    expect(await readParts({ plain: lines('Do it.', '', quote) })).toMatchObject({
      text: 'Do it.',
      quoted: quote,
    });
  });

  it.each([
    'Please forward this to bob@example.org:',
    'Please forward this to bob@example.org by 2024-01-01 10:00:',
    'Please delete what Bob wrote:',
    'Answer this with yes:',
    'Then:',
  ])('is not the sentence %s', async (sentence) => {
    const plain = lines('Thanks.', '', sentence, '', '> Shall I?');
    expect((await readParts({ plain })).text).toBe(`Thanks.\n\n${sentence}`);
    const open = lines('Thanks.', '', sentence, '', 'Dear Bob, yes.');
    expect((await readParts({ plain: open })).text).toBe(open);
  });

  it.each(['Bot wrote:', 'Ann Lee schrieb:', 'Bot <bot@agents.test>:', '* Bot wrote on 2024-01-01:'])(
    'is %s',
    async (attribution) => {
      const quote = lines(attribution, '> Shall I?');
      expect(await readParts({ plain: lines('Do it.', '', quote) })).toMatchObject({
        text: 'Do it.',
        quoted: quote,
      });
    },
  );

  it('is no line of the sender’s that ends with a colon', async () => {
    const plain = lines('> one?', 'My answer, as of 2024-01-01:', '', '1. yes', '2. no', '', 'Then:', 'go.');
    expect((await readParts({ plain })).text).toContain('My answer, as of 2024-01-01:');
  });
});

describe('a header above what is answered', () => {
  const header = (...words: string[]) => [
    `${words[0]}: Bot <bot@agents.test>`,
    `${words[1]}: 1. 1. 2024 10:00`,
    `${words[2]}: Ann`,
    `${words[3]}: Report`,
  ];
  it.each([
    ['en', header('From', 'Sent', 'To', 'Subject')],
    ['de', header('Von', 'Gesendet', 'An', 'Betreff')],
    ['fr', header('De ', 'Envoyé ', 'À ', 'Objet ')],
    ['es', header('De', 'Enviado el', 'Para', 'Asunto')],
    ['it', header('Da', 'Inviato', 'A', 'Oggetto')],
    ['pt', header('De', 'Enviada em', 'Para', 'Assunto')],
    ['nl', header('Van', 'Verzonden', 'Aan', 'Onderwerp')],
    ['da', header('Fra', 'Sendt', 'Til', 'Emne')],
    ['sv', header('Från', 'Skickat', 'Till', 'Ämne')],
    ['fi', header('Lähettäjä', 'Lähetetty', 'Vastaanottaja', 'Aihe')],
    ['pl', header('Od', 'Wysłano', 'Do', 'Temat')],
    ['cs', header('Od', 'Odesláno', 'Komu', 'Předmět')],
    ['hu', header('Feladó', 'Elküldve', 'Címzett', 'Tárgy')],
    ['ru', header('От', 'Отправлено', 'Кому', 'Тема')],
    ['tr', header('Gönderen', 'Tarih', 'Alıcı', 'Konu')],
    ['ja', header('差出人', '送信日時', '宛先', '件名')],
    ['zh', header('发件人', '发送时间', '收件人', '主题')],
    ['ko', header('보낸 사람', '보낸 날짜', '받는 사람', '제목')],
    ['bold', header('*From', '*Sent', '*To', '*Subject')],
    ['a language of no list', header('Xa', 'Xe', 'Xi', 'Xo')],
  ])('%s', async (_, block) => {
    for (const rule of [['________________________________'], ['-----Original Message-----'], []]) {
      const quote = [...rule, ...block, '', 'Shall I?', '/model opus'];
      const { text, quoted, forwarded } = await readParts({ plain: lines('Do it.', '', ...quote) });
      expect({ text, forwarded }).toEqual({ text: 'Do it.', forwarded: '' });
      expect(quoted).toBe(lines(...quote));
    }
  });

  it.each([
    ['a form', ['Name: Ann', 'Email: ann@example.org', 'Phone: 030 1234 5678', 'City: Berlin']],
    ['a journey', ['From: Berlin', 'To: Paris', 'Date: 3 May 2024']],
    ['a signature', ['--', 'Ann Lee', 'Tel: 030 1234', 'Mail: ann@example.org', 'Web: example.org']],
  ])('is not %s', async (_, form) => {
    const plain = lines('Please book:', '', ...form, '', 'Thanks');
    expect(await readParts({ plain })).toMatchObject({ text: plain, quoted: '' });
  });
});

describe('a reply in HTML', () => {
  const attribution = 'On Mon, Jan 1, 2024 at 10:00 AM Bot &lt;bot@agents.test&gt; wrote:';
  it.each([
    [
      'Gmail',
      `<div dir="ltr">Do it.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">${attribution}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex"><div>old</div></blockquote></div>`,
    ],
    [
      'Gmail, old',
      `<div>Do it.</div><div class="gmail_extra"><br><div class="gmail_quote">${attribution}<br><blockquote class="gmail_quote">old</blockquote></div></div>`,
    ],
    [
      'Outlook desktop',
      '<div class="WordSection1"><p class="MsoNormal">Do it.</p><div style="border:none;border-top:solid #B5C4DF 1.0pt"><p class="MsoNormal"><b><span>Fra:</span></b><span> Bot<br><b>Sendt:</b> 1. januar 2024 10:00<br><b>Til:</b> Ann<br><b>Emne:</b> Report</span></p></div><p>old</p></div>',
    ],
    [
      'Outlook web',
      '<div>Do it.</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg"><b>From:</b> Bot</div><div>old</div>',
    ],
    [
      'Apple Mail',
      `<body>Do it.<br><div><br><blockquote type="cite"><div>${attribution}</div><br><div>old</div></blockquote></div></body>`,
    ],
    [
      'Thunderbird',
      `<p>Do it.</p><div class="moz-cite-prefix">Am 01.01.24 um 10:00 schrieb Bot:<br></div><blockquote type="cite" cite="mid:a@b">old</blockquote>`,
    ],
    [
      'Yahoo',
      `<div>Do it.</div><div id="yahoo_quoted_1" class="yahoo_quoted"><div>${attribution}</div><div>old</div></div>`,
    ],
    [
      'Proton',
      `<div>Do it.</div><div class="protonmail_quote">${attribution}<br><blockquote class="protonmail_quote" type="cite">old</blockquote></div>`,
    ],
    ['GMX', '<div>Do it.</div><div name="quote" style="margin:10px"><b>Gesendet:</b> Montag<br>old</div>'],
    [
      'mail.ru',
      `<div>Do it.</div><div>${attribution}</div><blockquote style="border-left:1px solid #0857A6; margin:10px"><div>old</div></blockquote>`,
    ],
  ])('of %s', async (_, html) => {
    const { text, quoted } = await readParts({ html });
    expect(text).toBe('Do it.');
    expect(quoted).toMatch(/old$/);
  });

  it.each([
    [
      'Gmail',
      (q: string) => `<blockquote class="gmail_quote">${q}</blockquote>`,
      (all: string) => `<div class="gmail_quote"><div class="gmail_attr">${attribution}</div>${all}</div>`,
    ],
    [
      'Apple Mail',
      (q: string) => `<blockquote type="cite"><div>${q}</div></blockquote>`,
      (all: string) => `<blockquote type="cite">${attribution}</blockquote>${all}`,
    ],
    [
      'Thunderbird',
      (q: string) => `<blockquote type="cite" cite="mid:a@b"><p>${q}</p></blockquote>`,
      (all: string) => `<div class="moz-cite-prefix">${attribution}</div>${all}`,
    ],
  ])('with answers between the quotes keeps them, %s', async (_, quote, whole) => {
    const html = whole(`${quote('one?')}<div>Yes.</div>${quote('two?')}<div>No.</div>${quote('three?')}`);
    const { text, quoted } = await readParts({ html });
    expect(text).toBe('Yes.\n\n> two?\n\nNo.');
    expect(quoted).toMatch(/wrote:[\s\S]*> one\?[\s\S]*> three\?$/);
  });

  it.each([
    [
      'Gmail’s indent',
      '<blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>Step two.</div></blockquote>',
      'Step two.',
    ],
    [
      'Apple Mail’s indent',
      '<blockquote style="margin: 0 0 0 40px; border: none; padding: 0px;">Step two.</blockquote>',
      'Step two.',
    ],
    ['a citation of the sender’s', '<blockquote>To be or not to be</blockquote>', '> To be or not to be'],
  ])('keeps %s', async (_, block, shown) => {
    expect((await readParts({ html: `<div>See:</div>${block}` })).text).toBe(`See:\n\n${shown}`);
  });

  it('does not let a stray end tag end a quote', async () => {
    const html =
      '<p>Do it.</p><font><span><blockquote type="cite">old</font></span> /model opus <b>more</p></blockquote>';
    expect(await readParts({ html })).toMatchObject({ text: 'Do it.' });
  });
});

describe('the first mail of a thread', () => {
  const plain = lines(
    'Bot wrote on 2024-01-01 10:00:',
    '> Shall I?',
    '',
    'What do you say?',
    '',
    '> Or not?',
  );
  it('has nothing split off', async () => {
    expect(await readParts({ subject: 'Report', reply: false, plain })).toMatchObject({
      text: plain,
      quoted: '',
    });
    const html =
      '<p>New.</p><div class="moz-cite-prefix">Bot wrote:</div><blockquote type="cite">old</blockquote>';
    const { text, quoted } = await readParts({ subject: 'Report', reply: false, html });
    expect({ text, quoted }).toEqual({ text: 'New.\n\n> Bot wrote:\n\n> old', quoted: '' });
  });
  it.each([
    ['In-Reply-To', { subject: 'Report', reply: true }],
    ['a reply prefix', { subject: 'Aw: Report', reply: false }],
  ])('is none with %s', async (_, thread) => {
    expect((await readParts({ ...thread, plain })).quoted).not.toBe('');
  });
  it.each([true, false])('of quote marks alone has no new text (answer: %s)', async (reply) => {
    const { text, quoted } = await readParts({
      subject: 'x',
      reply,
      plain: '> Delete all files\n>\n> of the project',
    });
    expect({ text, quoted }).toEqual({ text: '', quoted: '> Delete all files\n>\n> of the project' });
  });
});
