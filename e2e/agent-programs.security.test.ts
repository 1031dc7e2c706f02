/** Programs of an agent's own: first in its PATH, there in its next turn, and no part of what runs the turn. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

/** Programs with the names of ours, which say that they were started. */
const HOSTILE = `mkdir -p .local/bin; for name in bash sh node env which git prlimit setpriv; do
printf '#!/bin/sh\\necho %s >> /data/started\\nexit 1\\n' $name > .local/bin/$name; chmod +x .local/bin/$name; done`;

/** What runs the turn is looked at from inside: its own PATH, and the shell that it started. */
const LOOK = `tr '\\0' '\\n' < /proc/$PPID/environ | grep ^PATH=; echo $BASH; type -p node; [ -e started ] || echo none was started`;

const makesVenvs =
  existsSync('/usr/bin/python3') &&
  readdirSync('/usr/lib').some((name) => existsSync(`/usr/lib/${name}/ensurepip`));

describe('an agent with programs of its own', async () => {
  const { ask } = await startStory();
  /** One turn with one command; gives what it printed. */
  const turn = async (command: string) => {
    const call = `[[tool: bash ${JSON.stringify({ command })}]]`;
    const { text = '' } = await ask({ text: `Do it. ${call} [[reply: <{output}>]]` });
    return text.slice(text.indexOf('<') + 1, text.lastIndexOf('>')).trim();
  };

  it.skipIf(!existsSync('/usr/bin/git'))(
    'git knows who it is, and the agent can’t change what it reads',
    async () => {
      const commit =
        'git init -q r && cd r && git commit -q --allow-empty -m x && git log --format="%an, %ae"';
      expect(await turn(`${commit}; echo x 2>/dev/null >> /inbox/gitconfig || echo read-only`)).toBe(
        'scout, scout@tinyfat.localhost\nread-only',
      );
    },
  );

  it.skipIf(!makesVenvs)('python3 -m venv makes an environment that is there in the next turn', async () => {
    await turn('/usr/bin/python3 -m venv --without-pip work');
    expect(await turn('work/bin/python -c "import sys; print(sys.prefix)"')).toBe('/data/work');
  });

  it('none of them is started by the next turn, whatever its name', async () => {
    await turn(HOSTILE);
    expect(await turn(LOOK)).toBe(
      'PATH=/usr/local/bin:/usr/bin:/bin:/run/bin\n/bin/bash\n/data/.local/bin/node\nnone was started',
    );
  });
});
