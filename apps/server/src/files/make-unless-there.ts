import { mkdirSync } from 'node:fs';
import { errorCode } from '@tinyfat/core';

/** Makes one folder that only we can enter, unless it is there: another command may make it at the same time. */
export function makeUnlessThere(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
