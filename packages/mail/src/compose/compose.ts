/** Builds the MIME message of an answer. The same input gives the same bytes. */
import { sha256HexOfText } from '@tinyfat/core';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { ComposedMail, Letter, OutgoingMail } from '../contract/mail.ts';
import { cleanText } from '../read/clean-text.ts';
import { refuseOutgoing } from './check-outgoing.ts';
import { FONTS } from './colors.ts';
import { escapeHtml } from './escape-html.ts';
import { letterHtml } from './letter-html.ts';
import { letterText } from './letter-text.ts';
import { markdownToHtml } from './markdown.ts';

/** Longest body that is rendered as Markdown; a longer one is shown as it is. UTF-16 units. */
const markdownLimit = 256 * 1024;

/**
 * multipart/alternative of the text and its HTML, with attachments around it. `plain` shows the body of an agent
 * unrendered in the HTML: for Markdown that takes too long.
 */
export async function compose(mail: OutgoingMail, plain: boolean): Promise<ComposedMail> {
  const reason = refuseOutgoing(mail);
  if (reason !== null) return { ok: false, reason };
  const { text, html } =
    typeof mail.body === 'string'
      ? agentBody(mail.body, mail.footer, plain)
      : ownBody(mail.body, mail.footer);
  const message = new MailComposer({
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    ...(mail.replyTo === null ? {} : { replyTo: mail.replyTo }),
    subject: mail.subject,
    date: new Date(mail.date),
    messageId: mail.messageId,
    ...(mail.inReplyTo === null ? {} : { inReplyTo: mail.inReplyTo }),
    ...(mail.references.length === 0 ? {} : { references: mail.references }),
    headers: {
      'Auto-Submitted': mail.autoSubmitted,
      'X-Auto-Response-Suppress': 'All',
      // Whatever sends this back to us unchanged is known by it, also where Auto-Submitted was dropped.
      'X-Loop': mail.from.address,
    },
    text,
    html,
    textEncoding: 'quoted-printable',
    attachments: mail.attachments.map((attachment) => ({
      filename: attachment.filename,
      content: Buffer.from(attachment.content),
      contentDisposition: 'attachment',
      contentTransferEncoding: 'base64',
      ...contentTypeOf(attachment),
    })),
    boundaryPrefix: '=_tinyfat',
    baseBoundary: (await sha256HexOfText(mail.messageId)).slice(0, 24),
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { ok: true, raw: await message.compile().build() };
}

interface Rendered {
  text: string;
  html: string;
}

function agentBody(written: string, footer: string | null, plain: boolean): Rendered {
  const body = cleanText(written);
  return {
    text: footer === null ? body : `${body}\n\n---\n${footer}`,
    html: htmlDocument(bodyHtml(body, plain), footer),
  };
}

function ownBody(letter: Letter, footer: string | null): Rendered {
  return { text: cleanText(letterText(letter, footer)), html: cleanText(letterHtml(letter, footer)) };
}

/**
 * A message/* part must not be base64 (RFC 2046 section 5.2), so such a file travels as plain bytes; nodemailer
 * would also guess that type from the name.
 */
function contentTypeOf({ filename, contentType }: OutgoingMail['attachments'][number]): {
  contentType?: string;
} {
  const isMessage =
    contentType === null ? /\.(eml|mht|mhtml|mime|nws)$/i.test(filename) : /^message\//i.test(contentType);
  if (isMessage) return { contentType: 'application/octet-stream' };
  return contentType === null ? {} : { contentType };
}

function bodyHtml(body: string, plain: boolean): string {
  if (!plain && body.length <= markdownLimit) {
    try {
      return markdownToHtml(body);
    } catch (error) {
      // Nesting too deep for the parser's stack; anything else is a bug.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return `<div dir="auto" style="white-space:pre-wrap;word-break:break-word;unicode-bidi:plaintext">${escapeHtml(body)}</div>`;
}

function htmlDocument(content: string, footer: string | null): string {
  const end =
    footer === null
      ? ''
      : `<p style="margin:20px 0 0;padding:8px 0 0;border-top:1px solid rgba(127,127,127,0.4);font-size:13px;line-height:1.4;opacity:0.75">${escapeHtml(footer)}</p>\n`;
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
</head>
<body style="margin:0;padding:0">
<div style="font-family:${FONTS.text};font-size:15px;line-height:1.5;max-width:680px;padding:4px 2px">
${content}
${end}</div>
</body>
</html>
`;
}
