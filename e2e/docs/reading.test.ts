/** How the docs' test reads pages, scripts and command lines. */
import { describe, expect, it } from 'vitest';
import { wrongWith, wrongWithMention } from './command-line.ts';
import { parsePage } from './markdown.ts';
import { shellCommands } from './shell-words.ts';

describe('the test of the docs', () => {
  it('reads the words of shell commands', () => {
    const script = [
      'A=1 B="x y" tinyfat runs --limit 3 >out 2>&1   # tinyfat none',
      "echo 'it # is' | ./bin/tinyfat send \\",
      '  --to "a b" && sudo tinyfat doctor; (cd /x; tinyfat mails)',
      'export TOKEN=$(tinyfat token create --name "my laptop")',
      "cat >/etc/x <<'EOF'",
      'tinyfat not a command',
      'EOF',
      'if ! jq . <key.txt; then tinyfat key set <key.txt; fi',
      'x="a $(tinyfat agent list)"',
    ].join('\n');
    expect(shellCommands(script)).toEqual([
      { words: ['tinyfat', 'runs', '--limit', '3'], assigns: ['A', 'B'] },
      { words: ['echo', 'it # is'], assigns: [] },
      { words: ['./bin/tinyfat', 'send', '--to', 'a b'], assigns: [] },
      { words: ['sudo', 'tinyfat', 'doctor'], assigns: [] },
      { words: ['cd', '/x'], assigns: [] },
      { words: ['tinyfat', 'mails'], assigns: [] },
      { words: ['tinyfat', 'token', 'create', '--name', 'my laptop'], assigns: [] },
      { words: [], assigns: ['TOKEN'] },
      { words: ['cat'], assigns: [] },
      { words: ['jq', '.'], assigns: [] },
      { words: ['tinyfat', 'key', 'set'], assigns: [] },
      { words: ['fi'], assigns: [] },
      { words: ['tinyfat', 'agent', 'list'], assigns: [] },
      { words: [], assigns: ['x'] },
    ]);
  });

  it('reads blocks, code over the ends of lines, links and headings', () => {
    const page = parsePage(
      'x.md',
      '# A `b` (c): d\n\n1. x\n\n   ```sh\n   a\n     b\n   ```\n\n`tinyfat\nruns` [`l`](y.md#z) `` ` ``\n\n# A b c d\n',
    );
    expect(page.blocks).toEqual([{ page: 'x.md', line: 5, language: 'sh', text: 'a\n  b\n' }]);
    expect(page.code.map(({ line, text }) => [line, text])).toEqual(
      expect.arrayContaining([
        [1, 'b'],
        [10, 'tinyfat runs'],
      ]),
    );
    expect(page.links).toEqual([{ page: 'x.md', line: 11, text: 'y.md#z' }]);
    expect([...page.anchors]).toEqual(['a-b-c-d', 'a-b-c-d-1']);
    expect(() => parsePage('x.md', '```sh\n')).toThrow('x.md:1');
  });

  it('finds what the program does not take', () => {
    expect(wrongWith(['agent', 'create', 'x', '--owner', 'a@b.example', '--allow', '@c.example'])).toBeNull();
    expect(wrongWith(['runs', 'show', '--json'])).not.toBeNull();
    for (const words of [
      ['nonsense'],
      ['agent', 'make', 'x'],
      ['agent'],
      ['runs', '--since', '1'],
      ['doctor', 'x'],
    ])
      expect([words, wrongWith(words)]).toEqual([words, expect.any(String)]);
    expect(wrongWithMention('tinyfat allow add|remove|list NAME [ADDR]')).toBeNull();
    expect(wrongWithMention('tinyfat outbox retry')).toBeNull();
    expect(wrongWithMention('tinyfat key set --owner ADDR < key.txt')).toBeNull();
    expect(wrongWithMention('tinyfat allow add|change NAME')).toContain('change');
    expect(wrongWithMention('tinyfat outbox retry ID --all')).toContain('--all');
  });
});
