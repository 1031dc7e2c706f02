/**
 * What the agent is warned of before it opens an attachment. Pure rules over what the sender says of a file and
 * what its content says; the sender's word can add a mark, never take one away. They stand here and not in
 * core because nothing but the reading of a mail asks for them.
 */
import type { AttachmentMark } from '../contract/mail.ts';
import { type FileKind, kindOfExtension, kindOfType } from './file-kinds.ts';
import type { SniffedContent } from './sniff-content.ts';

/** What the sender says of an attachment. */
interface ClaimedFile {
  /** As the sender wrote it. */
  filename: string | null;
  /** The same made safe: its extension is the one that counts. */
  safeName: string;
  /** Lower case, without parameters. */
  contentType: string;
}

const macroExtensions = new Set('docm dotm xlsm xltm xlam xla pptm potm ppsm ppam sldm'.split(' '));
/** The type of every binary workbook, with macros or without, says `macroenabled`. */
const macroType = /^(?!.*\.sheet\.binary\.).*\.macroenabled\./;

/** Characters that make a name read backwards: `invoice\u202efdp.exe` looks like `invoiceexe.pdf`. */
const overrides = /[\u202a-\u202e\u2066-\u2069]/;

/** The marks of one attachment, in the order of the list. */
export function attachmentMarks(claimed: ClaimedFile, sniffed: SniffedContent): AttachmentMark[] {
  const [extension, extensionBefore] = extensionsOf(claimed.safeName);
  const byName = kindOfExtension(extension);
  const byType = kindOfType(claimed.contentType);
  const byContent = sniffed.type === null ? null : kindOfType(sniffed.type);
  const claims = [byName, byType];
  const any = (kind: FileKind) => claims.includes(kind) || byContent === kind;
  const isType = (...types: string[]) =>
    types.includes(claimed.contentType) || (sniffed.type !== null && types.includes(sniffed.type));

  const runs = any('executable') || any('script');
  const found: [AttachmentMark, boolean][] = [
    ['executable', runs],
    ['archive', byContent === 'archive' || (byContent === null && claims.includes('archive'))],
    ['macros', sniffed.macros || macroExtensions.has(extension) || macroType.test(claimed.contentType)],
    ['encrypted', sniffed.encrypted],
    [
      'type_mismatch',
      contradicts(claims, byContent) ||
        (runs && isHarmless(kindOfExtension(extensionBefore))) ||
        ((runs || byContent === 'archive') && overrides.test(claimed.filename ?? '')),
    ],
    ['nested_mail', isType('message/rfc822', 'message/global') || byName === 'message'],
    ['calendar', isType('text/calendar', 'application/ics') || extension === 'ics' || extension === 'vcs'],
    [
      'tnef',
      isType('application/ms-tnef', 'application/vnd.ms-tnef') || /^winmail.*\.dat$/i.test(claimed.safeName),
    ],
  ];
  return found.filter(([, applies]) => applies).map(([mark]) => mark);
}

/** The content is something to be careful with, and the sender says that it is something harmless. */
function contradicts(claims: (FileKind | null)[], content: FileKind | null): boolean {
  switch (content) {
    case 'executable':
      return claims.some(isHarmless) || (claims.includes('archive') && !claims.includes('executable'));
    case 'script':
      return claims.some((claim) => isHarmless(claim) && claim !== 'text');
    case 'archive':
      return claims.some(isHarmless) && !claims.includes('archive');
    default:
      return false;
  }
}

function isHarmless(kind: FileKind | null): boolean {
  return kind !== null && kind !== 'executable' && kind !== 'script' && kind !== 'archive';
}

/** The last extension and the one before it, lower case; empty where there is none. */
function extensionsOf(name: string): [string, string] {
  const parts = name.toLowerCase().split('.').slice(1);
  return [(parts.at(-1) ?? '').trim(), (parts.at(-2) ?? '').trim()];
}
