/**
 * Subjects in the form in which software writes them: a phrase at the very beginning and a colon. People write
 * "Out of office next week" too, which is none; and because people can write anything, a subject alone proves nothing.
 */

/** What programs put before the subject that they answer, in the words of Exchange, Gmail and others. */
const answers = [
  ...['automatic reply', 'automatic response', 'automated reply', 'automated response'],
  ...['auto reply', 'auto-reply', 'autoreply', 'auto response', 'auto-response', 'autoresponse'],
  ...['autoresponder', 'vacation reply', 'out of office autoreply', 'out of office auto-reply'],
  ...['out of office reply', 'automatische antwort', 'automatische beantwortung', 'feriesvar'],
  ...['semestersvar', 'semesterhälsning', 'automatische abwesenheitsnotiz', 'abwesenheitsnotiz'],
  ...['abwesenheitsnachricht', 'réponse automatique', "réponse automatique d'absence"],
  ...['respuesta automática', 'resposta automática', 'resposta automàtica', 'risposta automatica'],
  ...['automatisch antwoord', 'automatische beantwoording', 'automatiskt svar', 'automatisk svar'],
  ...['autosvar', 'sjálfvirkt svar', 'automaattinen vastaus', 'odpowiedź automatyczna'],
  ...['automatyczna odpowiedź', 'autoodpowiedź', 'automatická odpověď', 'automatická odpoveď'],
  ...['automatikus válasz', 'răspuns automat', 'samodejni odgovor', 'automatski odgovor'],
  ...['аутоматски одговор', 'автоматичен отговор', 'автоматски одговор', 'автоматический ответ'],
  ...['автоответ', 'автоматична відповідь', 'автовідповідь', 'автоматты жауап'],
  ...['automatinis atsakymas', 'automātiskā atbilde', 'automātiska atbilde', 'automaatvastus'],
  ...['αυτόματη απάντηση', 'otomatik yanıt', 'otomatik cevap', 'avtomatik cavab'],
  ...['përgjigje automatike', 'erantzun automatikoa', 'ateb awtomatig', 'balasan otomatis'],
  ...['balasan automatik', 'trả lời tự động', 'thư trả lời tự động', 'awtomatikong tugon'],
  ...['ตอบกลับอัตโนมัติ', 'การตอบกลับอัตโนมัติ', 'स्वचालित उत्तर', 'স্বয়ংক্রিয় উত্তর', 'מענה אוטומטי'],
  ...['תשובה אוטומטית', 'رد تلقائي', 'الرد التلقائي', 'پاسخ خودکار', '自動応答', '自動返信'],
  ...['自动答复', '自动回复', '自動回覆', '自動回復', '자동 회신', '자동 응답', '자동응답'],
];

/** Words for being away. People use them as well, so that only a colon behind them makes a machine's subject. */
const absences = [
  ...['out of office', 'out of the office', 'abwesend', 'abwesenheit', 'absence du bureau'],
  ...["message d'absence", 'fuera de la oficina', 'fuera de oficina', 'fora do escritório'],
  ...['ausência do escritório', 'fuori sede', 'fuori ufficio', 'afwezig', 'afwezigheidsbericht'],
  ...['niet op kantoor', 'frånvaro', 'frånvarande', 'frånvaromeddelande', 'fravær'],
  ...['fraværsmelding', 'fraværsmeddelelse', 'ikke til stede', 'ikke på kontoret', 'poissa'],
  ...['poissaoloviesti', 'poissa toimistosta', 'poza biurem', 'nieobecność', 'mimo kancelář'],
  ...['mimo kancelárie', 'házon kívül', 'вне офиса', 'поза офісом', 'εκτός γραφείου'],
  ...['ofis dışında', 'מחוץ למשרד', 'خارج المكتب', '不在通知', '不在連絡', '外出', '不在办公室'],
  ...['부재 중', '부재중', 'ooo', 'ute av kontoret', 'ferienabwesenheit'],
];

/** What mail systems put before the subject of what they could not deliver. */
const bounces = [
  ...['undeliverable', 'undelivered', 'undeliverable mail', 'delivery failure', 'delivery failed'],
  ...['returned mail', 'unzustellbar', 'non remis', 'non distribuable', 'no se puede entregar'],
  ...['no entregado', 'non recapitabile', 'não entregue', 'onbestelbaar', 'kan inte levereras'],
  ...['ej levererat', 'olevererbart', 'kan ikke leveres', 'ikke leveret', 'ei voi toimittaa'],
  ...['niedostarczalne', 'nedoručitelné', 'недоставлено', 'не доставлено', '配信不能', '配信不可'],
  ...['无法投递', '无法传递', '배달되지 않음', '배달할 수 없음'],
];

/** Beginnings of bounces that mail systems give without a colon, or with more words before it. */
const bounceStart =
  /^(?:undelivered mail returned to sender|delivery status notification ?(?:[:(]|$)|mail delivery (?:failed|failure|subsystem|system)|mail system error|message delivery (?:failed|failure)|failure notice$|warning: (?:could not send|message .{0,100}delayed)|message status - undeliverable)/;

/** Tags such as [EXTERNAL] that servers put in front. */
const tags = /^(?:\[[^\]]{1,30}\]\s*){1,4}/;
const afterAnswer = /^ ?(?::|\]|[-–—] |$)/;
const afterWords = /^(?: \([^)]{1,40}\))? ?:/;
/** Of a subject this much is looked at; characters. */
const MAX_SUBJECT = 300;

const phrases = [
  ...answers.map((text) => ({ text: text.normalize('NFKC'), after: afterAnswer })),
  ...[...absences, ...bounces].map((text) => ({ text: text.normalize('NFKC'), after: afterWords })),
];

/** Whether a decoded subject begins as software begins it, in any of the languages above. */
export function isMachineSubject(subject: string): boolean {
  const text = plain(subject);
  return (
    isMachineText(text) || isMachineText(text.replace(tags, '')) || isMachineText(text.replace(/^\[/, ''))
  );
}

function isMachineText(text: string): boolean {
  return (
    bounceStart.test(text) ||
    phrases.some(
      (phrase) => text.startsWith(phrase.text) && phrase.after.test(text.slice(phrase.text.length)),
    )
  );
}

/** One form for all spellings: compatible characters (a wide colon, a hard blank), no marks of direction, small letters. */
function plain(subject: string): string {
  const text = subject
    .slice(0, MAX_SUBJECT)
    .toLowerCase()
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '');
  return text.replace(/\s+/g, ' ').trim();
}
