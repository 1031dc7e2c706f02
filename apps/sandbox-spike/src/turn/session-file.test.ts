import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryFolders } from '@tinyfat/storage/node';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sessionFileIn } from './session-file.ts';

const id = (number: number) => `019eb1e2-0000-7000-8000-${String(number).padStart(12, '0')}`;
const nameOf = (number: number) => `2026-11-27T12-00-00-000Z_${id(number)}.jsonl`;

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'tinyfat-session-file-'));
});
afterEach(() => rmSync(place, { recursive: true }));

it('is found among more sessions than are ever listed, so that no conversation is forgotten', async () => {
  const folders = directoryFolders({ folder: place, owner: null });
  await folders.create('scout', {});
  const folder = { list: (...rest: [string, number]) => folders.list('scout', ...rest) };
  for (let number = 0; number < 10_050; number++)
    writeFileSync(join(place, 'scout/sessions', nameOf(number)), '');
  expect(await sessionFileIn(folder, id(10_049))).toBe(nameOf(10_049));
  expect(await sessionFileIn(folder, id(0))).toBe(nameOf(0));
  expect(await sessionFileIn(folder, id(10_050))).toBeNull();
});
