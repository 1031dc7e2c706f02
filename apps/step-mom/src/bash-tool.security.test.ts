import { expect, test } from 'vitest';
import { commandTimeoutSeconds } from './bash-tool.ts';
import { childEnvironment } from './program.ts';
import { bash, inOrder, makeTurn } from './test-support/fixture.ts';

test('commands see only the environment that was made for them', async () => {
  process.env.SECRET_OF_THE_PARENT = 'must not be seen';
  const { folder } = await makeTurn(inOrder(bash('env'), { kind: 'text', text: 'ok' }));
  await folder.take();
  delete process.env.SECRET_OF_THE_PARENT;
  const result = folder.events().find((event) => event.type === 'tool_result');
  const lines = (result?.output ?? '').trim().split('\n');
  const names = lines
    .map((line) => line.split('=')[0])
    .filter((name) => !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name ?? ''));
  expect(names.sort()).toEqual([
    'GIT_CONFIG_SYSTEM',
    'HOME',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NODE_USE_ENV_PROXY',
    'NO_PROXY',
    'PATH',
    'PIP_BREAK_SYSTEM_PACKAGES',
    'PIP_DISABLE_PIP_VERSION_CHECK',
    'http_proxy',
    'https_proxy',
    'no_proxy',
    'npm_config_cache',
    'npm_config_prefix',
    'npm_config_update_notifier',
  ]);
  expect(lines.find((line) => line.startsWith('HTTPS_PROXY='))).toMatch(/=http:\/\/127\.0\.0\.1:\d+$/);
  expect(result?.output).not.toContain('run-token-of-this-test');
});

test('of the program environment only harmless variables are passed on', () => {
  const environment = {
    PATH: '/bin',
    HOME: '/data',
    TINYFAT_RUN_TOKEN: 't',
    NODE_OPTIONS: 'x',
    LANG: undefined,
  };
  expect(childEnvironment(environment)).toEqual({ PATH: '/bin', HOME: '/data' });
});

test.each([
  [undefined, 600_000, 600_000, 570],
  [10, 600_000, 600_000, 10],
  [9_999, 600_000, 600_000, 570],
  [undefined, 40_000, 600_000, 10],
  [undefined, 5_000, 600_000, 1],
  [undefined, 2_000, 2_000, 1],
])('asked for %s s with %d of %d ms left, a command gets %d s', (asked, remaining, deadline, seconds) => {
  expect(commandTimeoutSeconds(asked, remaining, deadline)).toBe(seconds);
});
