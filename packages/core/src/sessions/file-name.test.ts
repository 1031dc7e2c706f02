import { expect, it } from 'vitest';
import { parseSessionFileName } from './file-name.ts';

const ID = '01990000-0000-7000-8000-9f3a00000001';

it("reads the name of pi's session file", () => {
  expect(parseSessionFileName(`2026-11-22T18-08-01-123Z_${ID}.jsonl`)).toEqual({
    id: ID,
    startedAt: Date.UTC(2026, 10, 22, 18, 8, 1, 123),
  });
});

it.each([
  '',
  `${ID}.jsonl`,
  `2026-11-22T18-08-01-123Z_${ID}.json`,
  `2026-11-22T18-08-01-123Z_${ID}.jsonl.tmp`,
  `x2026-11-22T18-08-01-123Z_${ID}.jsonl`,
  `2026-13-22T18-08-01-123Z_${ID}.jsonl`,
  `2026-11-22T25-08-01-123Z_${ID}.jsonl`,
  `2026-11-22T18:08:01.123Z_${ID}.jsonl`,
  `2026-11-22T18-08-01-123Z_${ID.toUpperCase()}.jsonl`,
  `../2026-11-22T18-08-01-123Z_${ID}.jsonl`,
  `2026-11-22T18-08-01-123Z_${ID}.jsonl\n`,
])('leaves %j alone', (name) => {
  expect(parseSessionFileName(name)).toBeNull();
});
