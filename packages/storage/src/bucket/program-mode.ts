/** Which objects are programs. */

/** The metadata of a program. */
export const PROGRAM = { mode: '755' } as const;

/** Whether metadata says that the owner may run it; `mode` is octal, also as other tools write it (`100755`). */
export function isProgram({ mode }: Record<string, string>): boolean {
  return mode !== undefined && /^[0-7]{3,6}$/.test(mode) && (Number.parseInt(mode, 8) & 0o100) !== 0;
}
