import { expect, it } from 'vitest';
import { csvCell, usageCsv } from './usage-csv.ts';

it.each([
  ['=1+1@example.com', "'=1+1@example.com"],
  ['+cmd', "'+cmd"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1', '"\'\t=1"'],
  [' =1', "' =1"],
  ['\r=1', '"\'\r=1"'],
  ['＝1', "'＝1"],
  ['=HYPERLINK("http://evil.example","x")', '"\'=HYPERLINK(""http://evil.example"",""x"")"'],
  ['a"b,c', '"a""b,c"'],
  ['a;=1', '"a;=1"'],
  ['a\t=1', '"a\t=1"'],
  ['ann@example.com', 'ann@example.com'],
])('the cell %j is %j', (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});

it('a key with line ends stays one cell, and amounts have no exponent', () => {
  const used = { turns: 1, input: 2, output: 3, cacheRead: 4, cacheWrite: 5, cost_usd: 0.000001 };
  expect(usageCsv('sender', [{ key: 'a\r\nb', ...used }])).toBe(
    'sender,turns,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_usd\r\n' +
      '"a\r\nb",1,2,3,4,5,0.000001\r\n',
  );
});
