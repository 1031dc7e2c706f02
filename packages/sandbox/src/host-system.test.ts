import { expect, it } from 'vitest';
import { findProgram, systemProgramFolders } from './host-system.ts';

it('programs are found in the system’s folders only', () => {
  expect(findProgram('sh', systemProgramFolders)).toMatch(/\/sh$/);
  expect(findProgram('no-such-program', systemProgramFolders)).toBe(null);
  expect(findProgram('..', ['/usr/bin'])).toBe(null);
});
