/**
 * The document that shows a stranger's mail within a page of ours. It has an origin of its own (`sandbox`), so it reaches
 * neither our page nor our cookies; it runs nothing, and fetches nothing: pictures stand in it as `data:`.
 *
 * Links open windows (`allow-popups`), which have their own site's rights again (`allow-popups-to-escape-sandbox`): else what
 * they lead to would not work there. No window opens by itself, since there are no scripts; and `rel=noopener noreferrer`
 * keeps both from learning of one another.
 */
import type { MailHtml } from '@tinyfat/mail';

/** What the frame may do, for `<iframe sandbox>` and the policy of what is in it. */
export const MAIL_SANDBOX = 'allow-popups allow-popups-to-escape-sandbox';

/** The policy of the document; the only one with which an answer may stand in a frame. */
export const MAIL_POLICY = [
  `sandbox ${MAIL_SANDBOX}`,
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

/** Letters of strangers are written for white paper, in the light as in the dark. */
const STYLE = `
:root{color-scheme:light;background:#fff;color:#1b1d22}
body{margin:0;padding:16px;font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:break-word}
img,table,td,th,div,p{max-width:100%}
img{height:auto}
a[href]{color:#1b4fae}
pre,.plain{white-space:pre-wrap;overflow-wrap:anywhere}
pre{font-family:ui-monospace,"SF Mono","Liberation Mono",monospace;font-size:14px}
blockquote{margin:0 0 0 4px;padding-left:12px;border-left:3px solid #d5d8d3}
.left-out{padding:0 4px;border:1px dashed #7d838c;color:#575c66;font-size:14px}
.note{margin:0 0 16px;padding:8px 12px;background:#eceeeb;color:#575c66;font-size:14px}
`;

/** The whole document. `html` is harmless already (`MailViewer.viewHtml`). */
export function mailDocument({ html, picturesLeftOut, cut }: MailHtml): string {
  const notes = [
    ...(picturesLeftOut === 0 ? [] : [leftOut(picturesLeftOut)]),
    ...(cut ? ['The mail is longer than what is shown here.'] : []),
  ];
  const note = notes.length === 0 ? '' : `<p class="note">${notes.join(' ')}</p>\n`;
  return documentOf(note + html);
}

/** A document with a sentence of ours where there is no mail to show. */
export function messageDocument(sentence: string): string {
  const text = sentence.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
  return documentOf(`<p class="note">${text}</p>`);
}

function documentOf(body: string): string {
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A mail</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** The answer with such a document. */
export function mailFrame(
  document: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(document, {
    status,
    headers: {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': MAIL_POLICY,
    },
  });
}

function leftOut(pictures: number): string {
  const one =
    '1 picture is not shown: it would have to be fetched, which tells its sender that the mail was read.';
  return pictures === 1
    ? one
    : `${pictures} pictures are not shown: they would have to be fetched, which tells their sender that the mail was read.`;
}
