/** What an agent installs for itself is there in its next turn, and harms no turn. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnthropicStandIn, startAnthropicStandIn } from './stand-ins/anthropic.ts';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const there = (...programs: string[]) =>
  programs.every((program) =>
    ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(`${folder}/${program}`)),
  );

/** A package of npm's kind, packed by npm itself. */
const NPM = `mkdir -p pack && cd pack
echo '{"name":"greet","version":"1.0.0","bin":{"greet":"greet.js"}}' > package.json
printf '#!/usr/bin/env node\\nconsole.log("greetings")\\n' > greet.js
npm pack --silent > /dev/null && npm install -g --silent --offline ./greet-1.0.0.tgz && cd .. && rm -r pack && greet`;

/** A wheel (PyPA's "Binary distribution format"), written by hand, so that nothing has to be built. */
const PIP = `cat > wheel.py <<'END'
import zipfile
with zipfile.ZipFile("salute-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("salute.py", "def main():\\n    print('salutations')\\n")
    info = "salute-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: salute\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nsalute = salute:main\\n")
    wheel.writestr(info + "RECORD", "")
END
/usr/bin/python3 wheel.py && pip3 install -q --no-index ./salute-1.0-py3-none-any.whl && salute`;

const VENV = '/usr/bin/python3 -m venv work && work/bin/python -c "import sys; print(sys.prefix)"';

/** Programs with the names of ours, which say that they were started. */
const HOSTILE = `mkdir -p .local/bin; for name in bash sh node env which git mkdir; do
printf '#!/bin/sh\\necho %s >> /data/started\\nexit 1\\n' $name > .local/bin/$name; chmod +x .local/bin/$name; done`;

describe('an agent that installs', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let count = 0;
  beforeAll(async () => {
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: 'k', ANTHROPIC_BASE_URL: model.url },
      agents: { scout: [] },
    });
  });
  afterAll(async () => {
    await server?.dispose();
    await model?.close();
  });
  /** One turn with one command; gives what it printed. */
  const turn = async (command: string) => {
    const call = `[[tool: bash ${JSON.stringify({ command })}]]`;
    await sendMail(server, { to: 'scout@tinyfat.localhost', text: `Do it. ${call} [[reply: <{output}>]]` });
    count++;
    const text = (await server.answers(count)).at(-1)?.text ?? '';
    return text.slice(text.indexOf('<') + 1, text.lastIndexOf('>')).trim();
  };

  it.skipIf(!there('npm', 'node'))('by npm: the program is there in the next turn', async () => {
    expect(await turn(NPM)).toBe('greetings');
    expect(await turn('greet; type -p greet; ls -A .cache')).toBe('greetings\n/data/.local/bin/greet\nnpm');
  });

  it.skipIf(!there('pip3', 'python3'))(
    'by pip, on a Debian that wants none: there in the next turn',
    async () => {
      expect(await turn(PIP)).toBe('salutations');
      expect(await turn('salute; type -p salute')).toBe('salutations\n/data/.local/bin/salute');
    },
  );

  const ensurepip = readdirSync('/usr/lib').some((name) => existsSync(`/usr/lib/${name}/ensurepip`));
  it.skipIf(!there('python3') || !ensurepip)('python3 -m venv makes an environment', async () => {
    expect(await turn(VENV)).toBe('/data/work');
  });

  it.skipIf(!there('git'))('git knows who it is', async () => {
    const commit = 'git init -q r && cd r && git commit -q --allow-empty -m x && git log --format="%an, %ae"';
    expect(await turn(commit)).toBe('scout, scout@tinyfat.localhost');
    expect(await turn('echo x >> /inbox/gitconfig || echo no')).toContain('no');
  });

  it('programs with the names of ours are never started by the next turn, and break nothing', async () => {
    await turn(HOSTILE);
    const look = `echo $BASH; tr '\\0' '\\n' < /proc/$PPID/environ | grep ^PATH=; cat started 2>/dev/null; type -p node`;
    expect(await turn(look)).toBe(
      '/bin/bash\nPATH=/usr/local/bin:/usr/bin:/bin:/run/bin\n/data/.local/bin/node',
    );
    await server.restart();
    expect(await turn('[ -e started ] || echo none was started')).toBe('none was started');
  });
});
