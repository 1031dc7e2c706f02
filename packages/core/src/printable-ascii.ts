/** The first characters (UTF-16 units) of a foreign text in printable ASCII; each other one becomes `?`. */
export function printableAscii(text: string, maxLength: number): string {
  return text.slice(0, maxLength).replace(/[^ -~]/g, '?');
}
