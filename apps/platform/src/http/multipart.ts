/**
 * The parts of a form with files (RFC 7578, RFC 2046 section 5.1) in bytes that were read whole. `formData` of the runtimes
 * copies each file twice more, and an isolate of Workers has 128 MB.
 */

/** A field: its bytes are a view of the form's. */
export interface FormPart {
  name: string;
  /** As the browser names it, without an escape; null for what is no file. */
  fileName: string | null;
  bytes: Uint8Array;
}

const MOST_PARTS = 100;
/** Bytes of the headers of one part; a name of a file has 255 bytes, each of which may be escaped. */
const MOST_HEADERS = 4096;

const CR = 13;
const LF = 10;
const DASH = 45;
const END_OF_HEADERS = new Uint8Array([CR, LF, CR, LF]);

/** The parts in their order; null where the form is broken, or has more of them than any page of ours. */
export function readMultipart(form: Uint8Array, contentType: string): FormPart[] | null {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\\\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) return null;
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  // The first one has nothing before it.
  let at = startsWith(form, delimiter.subarray(2), 0) ? delimiter.length - 2 : -1;
  const parts: FormPart[] = [];
  while (at >= 0) {
    if (form[at] === DASH && form[at + 1] === DASH) return parts;
    if (form[at] !== CR || form[at + 1] !== LF || parts.length === MOST_PARTS) return null;
    const next = find(form, delimiter, at + 2);
    const part = next < 0 ? null : readPart(form.subarray(at + 2, next));
    if (part === null) return null;
    parts.push(part);
    at = next + delimiter.length;
  }
  return null;
}

function readPart(part: Uint8Array): FormPart | null {
  const end = find(part.subarray(0, MOST_HEADERS), END_OF_HEADERS, 0);
  if (end < 0) return null;
  const headers = new TextDecoder().decode(part.subarray(0, end));
  const [, disposition = ''] = /^content-disposition:[ \t]*form-data((?:;.*)?)$/im.exec(headers) ?? [];
  const name = parameter(disposition, 'name');
  if (name === null) return null;
  return {
    name,
    fileName: parameter(disposition, 'filename'),
    bytes: part.subarray(end + END_OF_HEADERS.length),
  };
}

/** Escaped as browsers do (HTML standard, "multipart/form-data encoding algorithm"). */
function parameter(disposition: string, name: string): string | null {
  const [, value] = new RegExp(`;[ \\t]*${name}="([^"]*)"`, 'i').exec(disposition) ?? [];
  const escapes: Readonly<Record<string, string>> = { '%22': '"', '%0D': '\r', '%0A': '\n' };
  return value?.replaceAll(/%(?:22|0D|0A)/gi, (escaped) => escapes[escaped.toUpperCase()] ?? '') ?? null;
}

/** Where `wanted`, which begins with CR, is next; -1: nowhere. */
function find(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  let at = bytes.indexOf(CR, from);
  while (at >= 0 && !startsWith(bytes, wanted, at)) at = bytes.indexOf(CR, at + 1);
  return at;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  let same = 0;
  while (same < wanted.length && bytes[at + same] === wanted[same]) same += 1;
  return same === wanted.length;
}
