/** The lines that mail programs write above a message that is forwarded or answered, in the languages they have. */
import { type FieldRole, headerField } from './header-fields.ts';
import { folded, isBlank, type MailLine } from './mail-line.ts';

const phrases = (list: string) => new Set(list.split('|').map((phrase) => folded(phrase)));

/** Above a forwarded message, between dashes (or, with a header below, without). */
const forwardPhrases = phrases(
  [
    'forwarded message|forwarded mail|forwarded email|forwarded e-mail|forwarded message follows|fwd|forward message',
    'weitergeleitete nachricht|weitergeleitete mail|weitergeleitete e-mail|message transféré|message réexpédié|courriel transféré|e-mail transféré',
    'mensaje reenviado|correo reenviado|messaggio inoltrato|email inoltrata|mensagem encaminhada|mensagem reencaminhada|mensagem reenviada',
    'doorgestuurd bericht|doorgestuurde bericht|doorgezonden bericht|videresendt besked|videresendt meddelelse|videresendt e-mail|videresendt mail',
    'vidarebefordrat meddelande|vidarebefordrat brev|vidarebefordrat mejl|vidarebefordrat e-postmeddelande|videresendt melding|videresendt e-post|vidaresendt melding',
    'välitetty viesti|edelleenlähetetty viesti|edelleen lähetetty viesti|lähetetty edelleen|wiadomość przekazana|przekazana wiadomość|przesłana wiadomość|wiadomość przesłana dalej|treść przekazanej wiadomości',
    'přeposlaná zpráva|přeposílaná zpráva|přeposlaný e-mail|preposlaná správa|preposielaná správa|továbbított üzenet|továbbított levél|mesaj redirecționat|mesaj redirecţionat|mesaj transmis mai departe',
    'пересылаемое сообщение|пересланное сообщение|переадресованное сообщение|пересылаемое письмо|пересланное письмо|переслане повідомлення|переслано повідомлення|пересланий лист|препратено съобщение|прослеђена порука',
    'iletilen mesaj|iletilen ileti|yönlendirilmiş mesaj|yönlendirilen ileti|προωθημένο μήνυμα|προωθούμενο μήνυμα|forwardovaná zpráva|proslijeđena poruka|prosleđena poruka|posredovano sporočilo|edastatud kiri|edastatud sõnum|pārsūtīta ziņa|pārsūtītā ziņa|persiųstas laiškas|missatge reenviat|missatge reexpedit|birtutako mezua|mensaxe reenviada|áframsent skeyti',
    '転送されたメッセージ|転送メッセージ|転送されたメール|転送メール|転送|转发的邮件|转发邮件|转发邮件信息|转发的信息|被转发的邮件|被转发邮件|轉寄的郵件|轉寄郵件|轉寄的訊息|轉寄訊息|已轉寄的郵件|轉發郵件|轉發的郵件|전달된 메시지|전달된 메일|전달 메시지|전달된 이메일',
    'הודעה שהועברה|הודעה מועברת|الرسالة المعاد توجيهها|رسالة معاد توجيهها|الرسالة المحولة|رسالة محولة|ข้อความที่ส่งต่อ|thư chuyển tiếp|tin nhắn chuyển tiếp|thư đã chuyển tiếp|pesan terusan|pesan yang diteruskan|अग्रेषित संदेश|پیام ارسال‌شده|پیام هدایت شده',
  ].join('|'),
);

/** Apple Mail's, which stand alone on their line. */
const beginPhrases = phrases(
  [
    'begin forwarded message|anfang der weitergeleiteten nachricht|beginn der weitergeleiteten nachricht|début du message transféré|début du message réexpédié|inicio del mensaje reenviado|comienzo del mensaje reenviado|inizio messaggio inoltrato|inizio del messaggio inoltrato',
    'início da mensagem encaminhada|início da mensagem reencaminhada|início de mensagem encaminhada|inicia a mensagem reencaminhada|begin doorgestuurd bericht|start doorgestuurd bericht|begin van doorgestuurd bericht|start på videresendt besked|start på videresendt meddelelse|start på videresendt melding|begynnelse på videresendt melding',
    'vidarebefordrat brev|vidarebefordrat mejl|påbörja vidarebefordrat meddelande|början på vidarebefordrat meddelande|välitetty viesti alkaa|alkaa välitetty viesti|aloita edelleenlähetetty viesti|początek przekazywanej wiadomości|początek przekazanej wiadomości|začátek přeposílané zprávy|začátek přeposlané zprávy|začiatok preposlanej správy',
    'továbbított levél kezdete|továbbított üzenet kezdete|începutul mesajului redirecționat|începe mesajul redirecționat|начало переадресованного сообщения|начало пересылаемого сообщения|начало пересланного сообщения|початок листа, що пересилається|початок переадресованого повідомлення|початок пересланого повідомлення|iletilen mesajın başlangıcı|i̇letilen mesajın başlangıcı|i̇letinin başlangıcı|yönlendirilen iletinin başlangıcı|αρχή προωθημένου μηνύματος|αρχή προωθημένου μηνύματος',
    'inici del missatge reenviat|početak proslijeđene poruke|転送されたメッセージ|開始轉寄的郵件|开始转发邮件|以下是转发的邮件|以下是轉寄的郵件|下面是被转发的邮件|下面是轉寄的郵件|전달된 메시지 시작|아래는 전달된 메시지입니다|התחלת הודעה שהועברה|תחילת ההודעה שהועברה|بدء الرسالة المُعاد توجيهها|بداية الرسالة المعاد توجيهها|เริ่มข้อความที่ส่งต่อ|bắt đầu thư được chuyển tiếp|mulai pesan yang diteruskan',
  ].join('|'),
);

/** Lotus Notes and others: `----- Forwarded by Ann/ORG on 1 January -----`. */
const forwardedBy =
  /^(?:forwarded by|forwarded message from|forwarded from|forwarded letter|weitergeleitet von|weitergeleitete nachricht von|transféré par|réexpédié par|reenviado por|inoltrato da|encaminhado por|doorgestuurd door|videresendt af|videresendt av|vidarebefordrat av|välittänyt|przekazane przez|přeposlal|переслано|переслал|転送者)(?![\p{L}])/u;

/** Above a message that is answered or forwarded. */
const originalPhrases = phrases(
  [
    'original message|original mail|original email|original e-mail|original appointment|reply message|replied message|ursprüngliche nachricht|originalnachricht|ursprungsnachricht|original-nachricht|originalmail|ursprüngliche mail|ursprüngliche e-mail|originaltermin|ursprünglicher termin',
    "message d'origine|message d’origine|message original|message initial|e-mail d'origine|courriel original|mensaje original|correo original|messaggio originale|mensagem original|oorspronkelijk bericht|origineel bericht|oorspronkelijke bericht|oprindelig meddelelse|oprindelig besked|original meddelelse|oprindelig mail",
    'ursprungligt meddelande|originalmeddelande|original meddelande|ursprungligt mejl|opprinnelig melding|opphavleg melding|original melding|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość|pierwotna wiadomość|původní zpráva|původní e-mail|pôvodná správa|eredeti üzenet|eredeti levél|mesaj original|mesajul original|mesajul inițial',
    'исходное сообщение|первоначальное сообщение|оригинальное сообщение|исходное письмо|вихідне повідомлення|оригінальне повідомлення|первинне повідомлення|оригинално съобщение|оригинална порука|orijinal mesaj|orijinal ileti|özgün ileti|özgün mesaj|i̇lk ileti|αρχικό μήνυμα|izvorna poruka|originalna poruka|izvirno sporočilo|algne sõnum|algkiri|algne kiri|oriģinālā ziņa|sākotnējā ziņa|originalus laiškas|pradinis laiškas|missatge original|jatorrizko mezua',
    '元のメッセージ|元のメール|オリジナルメッセージ|原始邮件|原邮件|原始消息|原始信件|原始郵件|原始訊息|原始信息|原信|郵件原文|원본 메시지|원본 메일|원본 이메일|원문 메시지|הודעה מקורית|ההודעה המקורית|الرسالة الأصلية|رسالة أصلية|ข้อความต้นฉบับ|ข้อความเดิม|thư gốc|tin nhắn gốc|pesan asli|pesan asal|मूल संदेश|پیام اصلی',
  ].join('|'),
);

const ruleAt = /^[-_=*~─—–>]{2,}|^(?:[-_=*] ){2,}/;

/** Whether a forwarded message begins with this line; what follows to the end is that message. */
export function isForwardMark(lines: readonly MailLine[], at: number): boolean {
  const { phrase, ruled } = phraseOf(lines[at]);
  if (phrase === '') return false;
  if (beginPhrases.has(phrase)) return ruled || endsInColon(lines[at]) || hasFieldBelow(lines, at);
  if (forwardPhrases.has(phrase)) return ruled || hasFieldBelow(lines, at);
  return ruled && forwardedBy.test(phrase);
}

/** Whether the message that is answered, or forwarded, begins with this line. */
export function isOriginalMark(lines: readonly MailLine[], at: number): boolean {
  const { phrase, ruled } = phraseOf(lines[at]);
  return originalPhrases.has(phrase) && (ruled || hasFieldBelow(lines, at));
}

/** What stands between the dashes of a line of at most 200 characters, and whether there are any. */
function phraseOf(line: MailLine | undefined): { phrase: string; ruled: boolean } {
  const text = line === undefined || line.bare.length > 200 ? '' : folded(line.bare);
  const phrase = text.replace(/^[-_=*~─—–>\s]+/, '').replace(/[-_=*~─—–<:\s]+$/, '');
  return { phrase, ruled: ruleAt.test(text) };
}

function endsInColon(line: MailLine | undefined): boolean {
  return /[:：][\s*]*$/.test(line?.bare ?? '');
}

const firstRoles: readonly FieldRole[] = ['from', 'date', 'subject', 'to'];

/** Whether the first line with words among the next three is a field of a mail header. */
function hasFieldBelow(lines: readonly MailLine[], at: number): boolean {
  const below = lines.slice(at + 1, at + 4).find((line) => !isBlank(line));
  const role = below === undefined ? undefined : headerField(below)?.role;
  return role !== undefined && role !== null && firstRoles.includes(role);
}
