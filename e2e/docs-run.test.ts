/**
 * Blocks of the docs that are run as they stand, one after the other, on a throw-away folder. What is put in the place of
 * something is named with each: addresses, ids, keys.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeZip } from '@tinyfat/testing/make-zip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUN } from './docs/blocks.ts';
import { ROOT, readPage } from './docs/markdown.ts';
import { ownAddress } from './support/tinyfat.ts';

const KEY = 'sk-ant-not-a-key-0123456789';
/** Programs that the examples of the API need, and not every machine has. */
const missing = ['curl', 'jq', 'bash'].filter(
  (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0,
);
const lacks = missing.length === 0 ? '' : ` (skipped: no ${missing.join(', ')} here)`;

function textOf({ page, has }: { page: string; has: string }): string {
  const [block, ...more] = readPage(page).blocks.filter(({ text }) => text.includes(has));
  if (!block || more.length > 0) throw new Error(`${page} has not one block with ${has}`);
  return block.text;
}

/** Puts something else in the place of a text, which must be there. */
function put(text: string, place: string, instead: string): string {
  if (!text.includes(place)) throw new Error(`the block has no ${place}`);
  return text.replaceAll(place, instead);
}

describe('a block of the docs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-docs-'));
  const address = ownAddress();
  const api = `http://${address}:8025`;
  const environment: Record<string, string> = {
    PATH: `${folder}/path:${process.env.PATH ?? ''}`,
    HOME: folder,
    DATA_DIR: join(folder, 'data'),
    ...{ HOST: address, SMTP_HOST: address, PUBLIC_URL: api },
    ADMIN_EMAILS: 'you@example.com',
    AGENT_MAILS_PER_HOUR: '1',
    // Nobody listens there: a stored key must cost nothing.
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
  };
  let server: ChildProcess | null = null;
  let token = '';

  beforeAll(() => {
    const program = (name: string, line: string) => {
      writeFileSync(join(folder, 'path', name), `#!/bin/sh\nexec ${line} "$@"\n`);
      chmodSync(join(folder, 'path', name), 0o755);
    };
    mkdirSync(join(folder, 'path'));
    symlinkSync(join(ROOT, 'bin'), join(folder, 'bin'));
    program('tinyfat', join(ROOT, 'bin/tinyfat'));
    // An answer that refuses ends the block.
    program('curl', 'env PATH=/usr/bin:/bin:/usr/local/bin curl -sS --fail-with-body');
    writeFileSync(join(folder, 'key.txt'), `${KEY}\n`);
  });
  afterAll(async () => {
    if (server?.pid !== undefined && server.exitCode === null) {
      process.kill(-server.pid, 'SIGKILL');
      await once(server, 'close');
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const begin = (script: string, more: Record<string, string> = {}) =>
    spawn('bash', ['-ec', script], { cwd: folder, env: { ...environment, ...more }, detached: true });
  /** Runs a script to its end, which must be a good one; gives what it printed. */
  async function run(script: string, more: Record<string, string> = {}, input = ''): Promise<string> {
    const child = begin(script, more);
    let printed = '';
    let wrong = '';
    child.stdout.on('data', (some) => {
      printed += some;
    });
    child.stderr.on('data', (some) => {
      wrong += some;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const [code] = await once(child, 'close');
    expect(code, `${printed}\n${wrong}`).toBe(0);
    return printed;
  }
  const ask = async (path: string): Promise<{ data: { id: string }[] }> => {
    const answer = await fetch(`${api}/api/v1/${path}`, { headers: { authorization: `Bearer ${token}` } });
    return JSON.parse(await answer.text());
  };

  it('shows the conversation that the README shows', async () => {
    // `npm test` is what runs this.
    const printed = await run(textOf(RUN.demo).replace(/^npm test.*$/m, ''));
    const shown = textOf({ page: 'README.md', has: '── ada@example.com' })
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.includes('…') && !line.includes('[scout:'));
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.filter((line) => !printed.includes(line.trim()))).toEqual([]);
  });

  it('starts the server and has a mail answered, in two terminals', async () => {
    server = begin(put(textOf(RUN.start), 'ANTHROPIC_API_KEY=…', 'ANTHROPIC_API_KEY='));
    let printed = '';
    const started = server;
    await new Promise<void>((resolve, reject) => {
      const take = (some: Buffer) => {
        printed += some;
        if (printed.includes('Everything ')) resolve();
      };
      started.stdout?.on('data', take);
      started.stderr?.on('data', take);
      started.once('close', () => reject(new Error(printed)));
    });
    const answer = await run(textOf(RUN.send));
    expect(answer).toContain('demo model');
  });

  it('sets budgets', async () => {
    const printed = await run(textOf(RUN.budgets));
    expect(printed).toMatch(/scout.*5\.00/);
    expect(printed).toMatch(/you@example\.org.*20\.00/);
  });

  it.skipIf(missing.length > 0)(`makes a token, which the API takes${lacks}`, async () => {
    const printed = await run(put(textOf(RUN.token), 'http://localhost:8025', api));
    expect(JSON.parse(printed)).toMatchObject({ owner: 'you@example.com' });
    const scopes = ['read', 'write', 'keys', 'admin'].map((scope) => `--scope ${scope}`);
    token = (await run(`tinyfat token create --owner you@example.com ${scopes.join(' ')}`)).trim();
  });

  it.skipIf(missing.length > 0)(`asks a server from another machine${lacks}`, async () => {
    const remote = put(textOf(RUN.remote), 'https://agents.example.com', api);
    const other = { DATA_DIR: join(folder, 'other-machine') };
    // The token is typed; the key comes from the file.
    const printed = await run(remote, other, `${token}\n`);
    expect(printed).toContain('scout@tinyfat.localhost');
    const stored = { data: [{ owner: 'you@example.com', last_four: KEY.slice(-4) }] };
    expect(await ask('keys')).toMatchObject(stored);
    expect(existsSync(other.DATA_DIR)).toBe(false);
  });

  it.skipIf(missing.length > 0)(`does over the API what the examples say${lacks}`, async () => {
    // They make `scout` themselves. Another agent has a run, and a mail beyond its limit that waits.
    const send = 'echo Hello | tinyfat send --to other@tinyfat.localhost --from friend@example.com --subject';
    await run(`tinyfat agent delete scout --yes
      tinyfat agent create other --owner other@example.com --allow friend@example.com
      ${send} one --wait
      ${send} two`);
    const waiting = 'mails?agent=other&state=over_limit';
    const mail = (await ask(waiting)).data[0]?.id;
    const turn = (await ask('runs?agent=other')).data[0]?.id;
    const script = put(
      put(put(textOf(RUN.api), 'http://localhost:8025', api), 'mails/ID', `mails/${mail}`),
      'runs/ID',
      `runs/${turn}`,
    );
    const about = '---\nname: coffee\ndescription: Makes coffee.\n---\nGrind beans.\n';
    writeFileSync(join(folder, 'coffee.zip'), makeZip([{ name: 'SKILL.md', content: about }]));
    const printed = await run(script, { TOKEN: token });
    expect(printed).toContain('event: end');
    expect(await ask('agents/scout/allowed-senders')).toMatchObject({ data: [{ entry: 'you@example.com' }] });
    expect(await ask('agents/scout/skills')).toMatchObject({ data: [{ name: 'coffee' }, { name: 'tea' }] });
    expect(await ask('agents/scout/budget')).toMatchObject({ monthly_usd: 20 });
    expect((await ask(waiting)).data).toEqual([]);
  });
});
