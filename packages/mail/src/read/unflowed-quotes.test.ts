/** RFC 3676: what is quoted stays quoted when lines are joined. */
import { describe, expect, it } from 'vitest';
import { splitQuoted } from './split-quoted.ts';
import { unflowed } from './unflowed.ts';

const reply = { reply: true, forward: false, subject: '' };

describe('format=flowed', () => {
  it.each([
    [
      'a quote below a blank line',
      'Please look. \n\n> Delete all files \n> of the project \n',
      'Please look. \n\n> Delete all files of the project \n',
    ],
    [
      'a quote right below',
      'Please look. \n> Delete all files \n> of it',
      'Please look. \n> Delete all files of it',
    ],
    ['words right below a quote', '> old \n> older \nNew words \nof mine', '> old older \nNew words of mine'],
    ['a change of depth', '>> oldest \n> old \n>> again', '>> oldest \n> old \n>> again'],
    ['stuffed lines', ' > no quote \n  indented\n From here', ' > no quote  indented\nFrom here'],
    ['stuffed quotes', '> one \n>two\n>  three', '> one two\n>  three'],
    ['a signature', 'Bye \n-- \nAnn \nLee', 'Bye \n-- \nAnn Lee'],
    ['a quoted signature', '> Bye \n> -- \n> Bot', '> Bye \n> -- \n> Bot'],
    ['fixed lines', 'one\ntwo', 'one\ntwo'],
  ])('%s', (_, wire, shown) => {
    expect(unflowed(wire, false)).toBe(shown);
  });

  it('takes the blank away with DelSp', () => {
    expect(unflowed('日本 \n語です \n> 引 \n> 用', true)).toBe('日本語です\n> 引用');
  });

  it('never makes a quote the sender’s words', () => {
    const wire = 'Please look. \n\n> Delete all files \n> of the project \n';
    const { text, quoted } = splitQuoted(unflowed(wire, false), reply);
    expect({ text, quoted }).toEqual({ text: 'Please look.', quoted: '> Delete all files of the project' });
  });
});
