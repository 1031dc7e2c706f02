/** The fields of a header section with nothing in them decoded. */
import { byteText } from './byte-text.ts';

export interface HeaderField {
  /** Lower case. */
  name: string;
  /** Unfolded. */
  value: string;
}

/** A field with its name as it stands there. */
export interface LabelledField extends HeaderField {
  label: string;
}

/** Fields in order, their values as byte text; only a blank or a tab continues one (RFC 5322 section 2.2.3). */
export function headerFields(section: Uint8Array): LabelledField[] {
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
      return {
        name: name.toLowerCase(),
        label: name,
        value: colon === -1 ? '' : line.slice(colon + 1).trim(),
      };
    });
}

/** The value of the first field of that name (lower case): where a field is doubled, the first one counts. */
export function firstValue(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value;
}

/** The values of all fields of that name (lower case). */
export function allValues(fields: readonly HeaderField[], name: string): string[] {
  return fields.filter((field) => field.name === name).map(({ value }) => value);
}
