import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { readKey } from './read-key.ts';

describe('a key on standard input', () => {
  it('is all that comes through a pipe, in however many pieces, and nobody is asked', async () => {
    const prompt = vi.fn();
    const pipe = Readable.from([Buffer.from('sk-ant-'), Buffer.from('one\n')]);
    expect(await readKey(pipe, 100, prompt)).toBe('sk-ant-one\n');
    expect(await readKey(Readable.from([]), 100, prompt)).toBe('');
    expect(prompt).not.toHaveBeenCalled();
  });

  it('is not read on without end', async () => {
    let given = 0;
    const endless = Readable.from(
      (function* () {
        for (;;) {
          given++;
          yield Buffer.alloc(1000, 'k');
        }
      })(),
    );
    expect((await readKey(endless, 5000, () => undefined))?.length).toBe(6000);
    expect(given).toBeLessThan(100);
  });

  it('is the first line of a terminal, asked for before and read in raw mode, which echoes nothing', async () => {
    const { terminal, rawModes } = fakeTerminal();
    let asked = 0;
    const read = readKey(terminal, 100, () => {
      asked++;
      terminal.write('sk-ant-x\u007fone\rmore');
    });
    expect(await read).toBe('sk-ant-one');
    expect(asked).toBe(1);
    expect(rawModes).toEqual([true, false]);
  });

  it.each(['\u0003', '\u0004'])('is nothing when the person breaks off with %j', async (character) => {
    const { terminal, rawModes } = fakeTerminal();
    expect(await readKey(terminal, 100, () => void terminal.write(character))).toBeNull();
    expect(rawModes.at(-1)).toBe(false);
  });
});

function fakeTerminal() {
  const rawModes: boolean[] = [];
  const terminal = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => {
      rawModes.push(raw);
    },
  });
  return { terminal, rawModes };
}
