/**
 * The header of a message as mail programs write it above its text: a few lines `word: value`. The words are those
 * of the languages that Outlook, Gmail, Apple Mail and others speak; a block in any other language is known by its form.
 */
import { folded, hasAddress, hasDate, isBlank, isRule, type MailLine } from './mail-line.ts';

export type FieldRole = 'from' | 'date' | 'to' | 'cc' | 'subject' | 'other';

const words: readonly (readonly [FieldRole, string])[] = [
  [
    'from',
    'from|von|de|da|fra|från|van|lähettäjä|od|от|от кого|від|від кого|kimden|gönderen|από|feladó|de la|expéditeur|remitente|mittente|afzender|avsändare|afsender|avsender|absender|remetente|nadawca|odesílatel|odesilatel|odosielateľ|отправитель|відправник|šalje|pošiljatelj|saatja|kellelt|no|nuo|sūtītājs|siuntėjas|frá|nork|发件人|發件人|寄件者|寄件人|差出人|送信者|送信元|보낸 사람|보낸사람|보낸이|발신|발신자|מאת|من|از|จาก|từ|người gửi|dari|pengirim|प्रेषक',
  ],
  [
    'date',
    'sent|date|date sent|sent at|gesendet|gesendet am|datum|envoyé|envoyé le|enviado|enviado el|enviado em|enviada em|enviada|fecha|data|data e ora|inviato|inviato il|verzonden|verzonden op|sendt|dato|skickat|skickat den|lähetetty|päiväys|päivämäärä|pvm|wysłano|wysłane|data wysłania|odesláno|odoslané|odoslaná|dátum|elküldve|küldve|отправлено|дата|дата отправки|надіслано|дата надсилання|изпратено|gönderildi|gönderilme tarihi|gönderme tarihi|tarih|ημερομηνία|εστάλη|στάλθηκε|trimis|trimis la|trimis pe|dată|poslano|poslato|saadetud|kuupäev|nosūtīts|datums|išsiųsta|sent|发送时间|发送日期|发件时间|日期|时间|傳送時間|傳送日期|寄件日期|寄送日期|時間|送信日時|送信日|日付|日時|보낸 날짜|보낸날짜|날짜|일시|발송 날짜|נשלח|תאריך|تاريخ|التاريخ|تم الإرسال|أرسلت|تاریخ|ส่ง|วันที่|ส่งเมื่อ|ngày|đã gửi|gửi|thời gian|tanggal|dikirim|terkirim',
  ],
  [
    'to',
    'to|an|à|a|para|aan|til|till|vastaanottaja|vast.ott.|do|komu|pro|кому|до|kime|alıcı|προς|címzett|către|catre|destinataire|destinatario|destinatário|mottaker|modtager|mottagare|empfänger|ontvanger|odbiorca|za|prima|kam|kellele|saaja|adresāts|gavėjas|nori|收件人|收件者|宛先|受信者|받는 사람|받는사람|받는이|수신|수신자|אל|إلى|الى|به|ถึง|đến|tới|người nhận|kepada|ke|untuk',
  ],
  [
    'cc',
    'cc|bcc|kopie|copie|copia|cópia|kopi|kopia|kopio|kopija|dw|udw|копия|копія|másolatot kap|másolat|bilgi|κοιν|κοιν.|c.c.|cci|ccn|kopie (cc)|copie à|抄送|副本|副本抄送|参照|참조|숨은 참조|עותק|نسخة|สำเนา',
  ],
  [
    'subject',
    'subject|betreff|objet|asunto|oggetto|assunto|onderwerp|emne|ämne|aihe|temat|předmět|predmet|тема|konu|θέμα|tárgy|subiect|subiectul|zadeva|teema|tēma|tema|assumpte|gaia|efni|主题|主題|主旨|标题|標題|件名|題名|제목|נושא|موضوع|الموضوع|เรื่อง|หัวเรื่อง|chủ đề|tiêu đề|subjek|perihal|judul|विषय',
  ],
  [
    'other',
    'reply-to|reply to|antwort an|répondre à|responder a|rispondi a|beantwoorden|organization|importance|priority|wichtigkeit|priorität|attachments|anlagen|pièces jointes|message-id|sender|resent-from|mailing list|list|x-mailer|categories|importance level|vigtighed|belang|重要度|添付ファイル|附件|重要性|첨부',
  ],
];

const roles = new Map(
  words.flatMap(([role, list]) => list.split('|').map((word): [string, FieldRole] => [folded(word), role])),
);

export interface HeaderField {
  /** Null for a word of no list. */
  role: FieldRole | null;
  value: string;
  /** The value has an address. */
  address: boolean;
}

/** The line as `word: value`, its word of at most four words and 40 characters; null where it is not. */
export function headerField(line: MailLine): HeaderField | null {
  const text = line.bare.replace(/^[\s*_|]+/, '');
  const colon = text.slice(0, 48).search(/[:：]/);
  if (colon < 1) return null;
  const word = folded(text.slice(0, colon)).replace(/[\s*_]+$/, '');
  if (word === '' || word.length > 40 || word.split(/\s+/).length > 4 || /[@/<>"]/.test(word)) return null;
  const value = text
    .slice(colon + 1)
    .replace(/^[\s*_|]+/, '')
    .trim();
  return { role: roles.get(word) ?? null, value, address: hasAddress(value) };
}

/** Most lines that a header of a quoted message has. */
const blockLimit = 14;

interface HeaderThread {
  /** The subject of the mail, without prefixes of replies and forwards. */
  subject: string;
  /** The mail answers or forwards another one. */
  continues: boolean;
}

/**
 * Whether the header of another message begins with this line. In the words of a known language it has From, two other
 * fields, and an address, a fourth field or a rule above; in any other an address and the subject of this mail, or an
 * address and a date beneath a rule, a blank line or in bold. In the first mail of a thread only the former counts,
 * with an address, because people send forms as well; and one with a date beneath words between dashes.
 *
 * @param all - what `headerField` gives of each line
 */
export function isHeaderBlock(
  lines: readonly MailLine[],
  all: readonly (HeaderField | null)[],
  at: number,
  thread: HeaderThread,
): boolean {
  const first = lines[at];
  if (first === undefined || !all[at]) return false;
  const fields = fieldsFrom(lines, all, at);
  if (fields.length < 3) return false;
  const address = fields.some((field) => field.address);
  const opener = fields[0]?.role ?? null;
  const opens = opener === 'from' || opener === 'date' || opener === 'subject';
  if (!address && !opens) return false;
  const raised = first.raised === true || /^\s*\*/.test(first.bare) || isBeneathRule(lines, at);
  const known = new Set(fields.flatMap(({ role }) => (role === null ? [] : [role])));
  if (opens && known.has('from') && known.size >= 3 && (known.has('date') || known.has('subject'))) {
    if (address || (thread.continues && (known.size >= 4 || raised))) return true;
  }
  if (!address) return false;
  const dated = fields.some(({ value }) => isDate(value));
  if (dated && isBeneathRule(lines, at, /\p{L}/u)) return true;
  if (!thread.continues) return false;
  if (fields.some(({ value }) => isSubject(folded(value), thread.subject))) return true;
  const blank = at === 0 || lines[at - 1]?.bare.trim() === '';
  return (raised || (blank && fields.length >= 4)) && dated;
}

/** The fields of the block; a value may go on in the next line, and one blank line may stand between two fields. */
function fieldsFrom(
  lines: readonly MailLine[],
  all: readonly (HeaderField | null)[],
  at: number,
): HeaderField[] {
  const fields: HeaderField[] = [];
  let blank = false;
  for (const [offset, line] of lines.slice(at, at + blockLimit).entries()) {
    if (isBlank(line)) {
      if (blank) break;
      blank = true;
      continue;
    }
    const field = line.depth === lines[at]?.depth ? all[at + offset] : null;
    if (field) fields.push(field);
    else if (blank || !(hasAddress(line.bare) || /^[ \t]/.test(line.text))) break;
    blank = false;
  }
  return fields;
}

function isBeneathRule(lines: readonly MailLine[], at: number, holding = /^/): boolean {
  for (const line of lines.slice(Math.max(0, at - 3), at).reverse()) {
    if (!isBlank(line)) return isRule(line) && holding.test(line.bare);
  }
  return false;
}

/** The subject of this mail, alone or behind a prefix. */
function isSubject(value: string, subject: string): boolean {
  return subject.length > 2 && (value === subject || value.endsWith(`: ${subject}`));
}

/** A date with its year or its time, and no address: `Ref: 2024-001 a@b` is none. */
function isDate(value: string): boolean {
  return value.length < 100 && hasDate(value) && !hasAddress(value);
}
