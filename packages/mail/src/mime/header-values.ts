/** The fields of a header section with nothing in them decoded. */
import { byteText } from './byte-text.ts';

export interface HeaderValue {
  /** Lower case. */
  name: string;
  /** Unfolded, as byte text. */
  value: string;
}

/** Fields in order; only a blank or a tab continues one (RFC 5322 section 2.2.3). */
export function headerValues(section: Uint8Array): HeaderValue[] {
  const unfolded: string[][] = [];
  for (const line of byteText(section).split('\n')) {
    if (/^[ \t]/.test(line)) unfolded.at(-1)?.push(line);
    else unfolded.push([line]);
  }
  return unfolded
    .map((lines) =>
      lines
        .map((line) => line.replace(/\r$/, ''))
        .join('')
        .replace(/\r+/g, ' '),
    )
    .filter((line) => line !== '')
    .map((line) => {
      const colon = line.indexOf(':');
      const name = (colon === -1 ? line : line.slice(0, colon)).replace(/^[ \t]+|[ \t]+$/g, '');
      return { name: name.toLowerCase(), value: colon === -1 ? '' : line.slice(colon + 1).trim() };
    });
}

/** The value of the first field of that name: where a field is doubled, the first one counts. */
export function firstValue(fields: readonly HeaderValue[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}
