/** Reading what a library of others gives for an answer or an error: its types say more than a server has to keep. */

/** The text of a field; empty where there is none. */
export function textField(value: unknown, name: string): string {
  const field = fieldOf(value, name);
  return typeof field === 'string' ? field : '';
}

/** The number of a field; 0 where there is none. */
export function numberField(value: unknown, name: string): number {
  const field = fieldOf(value, name);
  return typeof field === 'number' ? field : 0;
}

/** A field of an object, whatever it holds; undefined where there is none. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
