import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commandEnvironment } from './command-environment.ts';
import { bash, inOrder, makeTurn } from './test-support/fixture.ts';
import { proxies } from './way-out.ts';

test('the agent’s own bin is first in PATH, and what it installs lies in its folder', () => {
  const places = { dataFolder: '/data', inboxFolder: '/inbox', wayOut: proxies('http://127.0.0.1:3128') };
  const environment = commandEnvironment({ PATH: '/usr/bin:/bin', HOME: '/data', TZ: 'UTC' }, places);
  expect(environment).toMatchObject({
    PATH: '/data/.local/bin:/usr/bin:/bin',
    HOME: '/data',
    TZ: 'UTC',
    npm_config_prefix: '/data/.local',
    npm_config_cache: '/data/.cache/npm',
    GIT_CONFIG_SYSTEM: '/inbox/gitconfig',
    HTTPS_PROXY: 'http://127.0.0.1:3128',
  });
});

const commit = 'git init -q r; cd r; git commit -q --allow-empty -m x; git log --format="%an <%ae> on %D"';

test.skipIf(!existsSync('/usr/bin/git'))(
  'git commits in the name of the agent, and the agent can change that',
  async () => {
    const { folder } = await makeTurn(
      inOrder(
        bash(commit),
        bash(
          'git config --global user.name Mine; cd r; git commit -q --allow-empty -m y; git log -1 --format="%an <%ae>"',
        ),
        { kind: 'text', text: 'ok' },
      ),
    );
    const config = '[user]\n\tname = "otto"\n\temail = "otto@example.org"\n[init]\n\tdefaultBranch = main\n';
    writeFileSync(join(folder.inbox, 'gitconfig'), config);
    await folder.take();
    const results = folder.events().filter((event) => event.type === 'tool_result');
    expect(results.map(({ output }) => output.trim())).toEqual([
      'otto <otto@example.org> on HEAD -> main',
      'Mine <otto@example.org>',
    ]);
  },
);

test('a program that the agent made is found by name', async () => {
  const { folder } = await makeTurn(inOrder(bash('hello'), { kind: 'text', text: 'ok' }));
  mkdirSync(join(folder.data, '.local/bin'), { recursive: true });
  writeFileSync(join(folder.data, '.local/bin/hello'), '#!/bin/sh\necho made by me\n', { mode: 0o755 });
  await folder.take();
  const result = folder.events().find((event) => event.type === 'tool_result');
  expect(result?.output.trim()).toBe('made by me');
});
