/** What wrangler is given of this process, and that its files do not outlive a command that is ended. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dockerProblem } from './docker.ts';
import { wrangler } from './wrangler.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tinyfat-wrangler-'));
  mkdirSync(join(root, 'node_modules/wrangler/bin'), { recursive: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const program = (text: string) => writeFileSync(join(root, 'node_modules/wrangler/bin/wrangler.js'), text);

it('it gets what it needs of the environment, and no setting', async () => {
  program(
    'console.log(JSON.stringify({ env: process.env, cwd: process.cwd(), words: process.argv.slice(2) }))',
  );
  vi.stubEnv('RESEND_API_KEY', 're_abcdefgh');
  vi.stubEnv('DATABASE_URL', 'postgres://a:b@c/d');
  vi.stubEnv('NODE_OPTIONS', '');
  vi.stubEnv('DOCKER_HOST', 'unix:///run/user/1000/docker.sock');
  vi.stubEnv('https_proxy', 'http://proxy:3128');
  const run = await wrangler(['deploy'], { root, folder: root, environment: { CLOUDFLARE_API_TOKEN: 'cf' } });
  expect(run.code).toBe(0);
  const { env, cwd, words } = JSON.parse(run.output);
  expect({ cwd, words }).toEqual({ cwd: root, words: ['deploy'] });
  expect(env).toMatchObject({
    CLOUDFLARE_API_TOKEN: 'cf',
    DOCKER_HOST: 'unix:///run/user/1000/docker.sock',
    https_proxy: 'http://proxy:3128',
    WRANGLER_WRITE_LOGS: 'false',
    PATH: process.env.PATH,
  });
  for (const name of ['RESEND_API_KEY', 'DATABASE_URL', 'NODE_OPTIONS']) expect(env).not.toHaveProperty(name);
});

it('its exit code and both of its outputs are given, and it can ask nothing', async () => {
  program(`process.stdin.on('data', () => {}).on('end', () => {
    console.log('out'); console.error('err'); process.exitCode = 3;
  })`);
  const { code, output } = await wrangler([], { root, folder: root });
  expect(code).toBe(3);
  expect(output.split('\n').filter(Boolean).sort()).toEqual(['err', 'out']);
});

it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a command that ends by %s leaves no file',
  async (signal) => {
    const files = new URL('./wrangler-files.ts', import.meta.url);
    const script = `
    const { withWranglerFiles } = await import(${JSON.stringify(files.href)});
    await withWranglerFiles({}, { KEY: 'x' }, ({ folder }) => {
      console.log(folder);
      return new Promise((resolve) => setTimeout(resolve, 600_000));
    });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const [folder] = await once(createInterface(child.stdout), 'line');
      expect(existsSync(join(folder, 'secrets.json'))).toBe(true);
      child.kill(signal);
      const [code] = await once(child, 'exit');
      expect(code).toBeGreaterThan(128);
      expect(existsSync(folder)).toBe(false);
    } finally {
      child.kill('SIGKILL');
    }
  },
);

it('Docker that is missing or does not run is named', async () => {
  const docker = join(root, 'docker');
  expect(await dockerProblem(docker)).toBe(`There is no ${docker} on this machine.`);
  writeFileSync(docker, '#!/bin/sh\necho "Cannot connect to the Docker daemon" >&2\nexit 1\n', {
    mode: 0o755,
  });
  expect(await dockerProblem(docker)).toBe('Docker does not run: Cannot connect to the Docker daemon');
  writeFileSync(docker, '#!/bin/sh\n[ "$*" = info ]\n', { mode: 0o755 });
  expect(await dockerProblem(docker)).toBeNull();
});
