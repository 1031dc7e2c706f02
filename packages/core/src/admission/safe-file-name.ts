/** Names for inbound attachments on disk and in the agent's shell: one path component, safe on every file system. */

const MAX_BYTES = 120;
/** A longer "extension" is not one. */
const MAX_EXTENSION_BYTES = 20;
/** Device names of Windows, with or without an extension. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/gzip': 'gz',
  'application/json': 'json',
  'application/ms-tnef': 'dat',
  'application/msword': 'doc',
  'application/pdf': 'pdf',
  'application/rtf': 'rtf',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/xml': 'xml',
  'application/zip': 'zip',
  'audio/mpeg': 'mp3',
  'audio/wav': 'wav',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/tiff': 'tiff',
  'image/webp': 'webp',
  'message/rfc822': 'eml',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
  'text/vcard': 'vcf',
  'text/xml': 'xml',
  'video/mp4': 'mp4',
};

/** Separators of paths and their look-alikes, and characters that Windows reserves. */
const SEPARATORS = /[/\\:*?"<>|\u2044\u2215\u29f5\u29f8\uff0f\uff3c]/g;
/** Characters on which a shell acts in a word, even between double quotes, or that end a command. */
const SHELL_ACTIVE = /[$`;&]/g;

const encoder = new TextEncoder();

/**
 * Gives each attachment a name of its own, in order: at most 120 bytes, no separator, control or
 * bidirectional character, nothing that makes a shell run something, no leading dot or dash, no dot or space at
 * the end, no reserved name; equal names (ignoring case) are numbered `name-2.ext`; without a usable name
 * `attachment-N.ext` by content type, N counting from 1.
 */
export function safeFileNames(
  attachments: readonly { filename: string | null; contentType: string }[],
): string[] {
  const taken = new Set<string>();
  const nextNumber = new Map<string, number>();
  return attachments.map(({ filename, contentType }, index) => {
    const wanted = cleaned(filename ?? '') || `attachment-${index + 1}.${extensionFor(contentType)}`;
    let name = wanted;
    let number = nextNumber.get(folded(wanted)) ?? 2;
    for (; taken.has(folded(name)); number += 1) name = shortened(wanted, `-${number}`);
    nextNumber.set(folded(wanted), number);
    taken.add(folded(name));
    return name;
  });
}

function cleaned(filename: string): string {
  const name = filename
    .slice(0, 4000)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufffd]/gu, '')
    .replace(SEPARATORS, '_')
    .replace(SHELL_ACTIVE, '_')
    .replace(/\p{Zs}+/gu, ' ')
    .replace(/\.{2,}/g, '.')
    .replace(/^[\s.~-]+/, '')
    .replace(/[\s.]+$/, '');
  if (!/[\p{L}\p{N}]/u.test(name)) return '';
  return shortened(DEVICE_NAME.test(name) ? `_${name}` : name, '');
}

/** Cuts the stem, never the extension, so that stem, suffix and extension fit into the limit. */
function shortened(name: string, suffix: string): string {
  const { stem, extension } = split(name);
  const most = MAX_BYTES - byteLength(extension) - byteLength(suffix);
  let cut = '';
  let used = 0;
  for (const character of stem) {
    used += byteLength(character);
    if (used > most) break;
    cut += character;
  }
  return `${cut.replace(/[\s.]+$/, '')}${suffix}${extension}`;
}

function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot) : '';
  if (byteLength(extension) > MAX_EXTENSION_BYTES) return { stem: name, extension: '' };
  return { stem: dot > 0 ? name.slice(0, dot) : name, extension };
}

/** Two names that some file system takes for one have one folded form. */
function folded(name: string): string {
  return name.normalize('NFKC').toUpperCase().toLowerCase();
}

function extensionFor(contentType: string): string {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return (Object.hasOwn(EXTENSIONS, type) ? EXTENSIONS[type] : undefined) ?? 'bin';
}

function byteLength(text: string): number {
  return encoder.encode(text).length;
}
