/** Invariant 5 for the keys of owners: whose key pays, and that it is nowhere but in the request to the provider. */
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const OPERATORS = `sk-ant-api03-OPERATOR-${randomBytes(16).toString('hex')}`;
const OWNERS = `sk-ant-api03-OWNER-${randomBytes(16).toString('hex')}`;
const OWNER = 'owner@example.com';
const OTHER = 'other@example.org';

describe('the key of an owner', () => {
  let model: AnthropicStandIn;
  let server: Tinyfat;
  let answered: number;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
    server = await startTinyfat({
      environment: { ANTHROPIC_API_KEY: OPERATORS, ANTHROPIC_BASE_URL: model.url, LOG_LEVEL: 'debug' },
      agents: { scout: [] },
    });
    answered = 0;
    expect((await server.cli(['agent', 'create', 'rover', '--owner', OTHER])).code).toBe(0);
  });
  afterEach(async () => {
    await server?.dispose();
    await model?.close();
  });
  const setKey = async (owner = OWNER, key = OWNERS) => {
    const set = await server.cli(['key', 'set', '--owner', owner], `${key}\n`);
    expect(set).toMatchObject({ code: 0 });
    return set;
  };
  /** Writes to an agent as its owner; gives the answer. */
  const ask = async (agent: 'scout' | 'rover', text: string): Promise<string> => {
    const from = agent === 'scout' ? OWNER : OTHER;
    await sendMail(server, { from, to: `${agent}@tinyfat.localhost`, text });
    answered++;
    return (await server.answers(answered)).at(-1)?.text ?? '';
  };
  const keysSeen = () => model.requests.map((request) => request.headers['x-api-key']);
  const listed = async () => (await server.json(['key', 'list']))[0];
  const lastRun = async () => (await server.json(['runs']))[0];

  it('pays for the agents of that owner from the next turn on, and the operator’s for all others', async () => {
    await ask('scout', '[[reply: Before.]]');
    await setKey();
    await ask('scout', '[[reply: Mine.]]');
    await ask('rover', '[[reply: Not mine.]]');
    expect(keysSeen()).toEqual([OPERATORS, OWNERS, OPERATORS]);
    expect(await listed()).toEqual({
      owner: OWNER,
      provider: 'anthropic',
      last_four: OWNERS.slice(-4),
      created: expect.stringMatching(/^20/),
      last_used: expect.stringMatching(/^20/),
    });
    expect((await server.cli(['key', 'remove', '--owner', OWNER])).code).toBe(0);
    await ask('scout', '[[reply: The operator’s again.]]');
    expect(keysSeen().at(-1)).toBe(OPERATORS);
  });

  it('makes turns real and counted where there is no operator’s key; others get the demo model and are told', async () => {
    await server.restart({ ANTHROPIC_API_KEY: '' });
    await setKey();
    const real = await ask('scout', '[[reply: Real.]]');
    expect(real).toContain('Real.');
    expect(real).toMatch(/\| claude-[a-z0-9-]+\]/);
    expect(await lastRun()).toMatchObject({ status: 'done', model: expect.stringMatching(/^claude-/) });
    const [run] = await server.json(['runs', 'scout']);
    expect(run.cost_usd).toBeGreaterThan(0);
    const demo = await ask('rover', 'Hello.');
    expect(demo).toContain('demo model');
    expect(demo).toMatch(/\| demo\]/);
    expect(await lastRun()).toMatchObject({ model: 'demo' });
    expect(keysSeen()).toEqual([OWNERS]);
  });

  it('is found by no agent that looks for it, and lies nowhere on the host', async () => {
    await setKey();
    const backwards = [...OWNERS].reverse().join('');
    const found: string[] = [];
    for (const command of [
      'env; for p in /proc/[0-9]*; do tr "\\\\0" "\\\\n" < $p/environ; tr "\\\\0" " " < $p/cmdline; ls -l $p/fd; done',
      'grep -rsaE "sk-ant-api03-[O]" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr',
      `cat > /tmp/scan.cjs <<'SCRIPT'\n${SCAN}\nSCRIPT\nnode /tmp/scan.cjs ${backwards}`,
      // With the run's own token, taken from step-mom's environment, the provider itself answers.
      'T=$(cat /proc/[0-9]*/environ | tr "\\0" "\\n" | sed -n "s/^TINYFAT_RUN_TOKEN=//p" | head -1); curl -sS --noproxy "*" -m 5 -i -H "x-api-key: $T" -d "{}" http://127.0.0.1:3128/anthropic/v1/messages',
      `ls -la ${server.dataDir}; cat ${server.dataDir}/master-keys ${server.dataDir}/tinyfat.sqlite`,
    ]) {
      const tool = JSON.stringify({ command: `{ ${command}\n} 2>&1; echo LOOKED` });
      const seen = await ask('scout', `[[tool: bash ${tool}]] [[reply: {output}]]`);
      expect(seen).toContain('LOOKED');
      found.push(seen);
    }
    expect(found[2]).toMatch(/SCANNED \d{7,} bytes, control true, hits 0/);
    expect(found[3]).toContain('req_standin_error');
    expect(found.join()).not.toContain('sk-ant-api03-O');
    expect(new Set(keysSeen())).toEqual(new Set([OWNERS]));
    await ask('scout', '[[status: 401]]');

    const answers = await Promise.all([
      server.json(['key', 'list']),
      server.json(['runs']),
      ...(await server.json(['runs'])).map((run: { id: string }) => server.json(['run', 'show', run.id])),
      server.json(['mails']),
      server.json(['outbox', 'list']),
      server.json(['agent', 'show', 'scout']),
      server.cli(['key', 'rotate']),
      setKey(OTHER, OPERATORS),
    ]);
    const said =
      JSON.stringify(answers) + server.output() + (await server.answers(answered)).map((one) => one.raw);
    expect(filesIn(server.dataDir)).toContain('tinyfat.sqlite-wal');
    for (const key of [OWNERS, OPERATORS]) {
      for (const form of formsOf(key)) {
        expect(said).not.toContain(form);
        const files = filesIn(server.dataDir).filter((name) =>
          readFileSync(join(server.dataDir, name)).includes(form),
        );
        expect(files).toEqual([]);
      }
    }
    await server.kill('SIGTERM');
    for (const name of filesIn(server.dataDir)) {
      expect(readFileSync(join(server.dataDir, name)).includes(OWNERS)).toBe(false);
    }
  });

  it('is struck out where the provider repeats it in an error', async () => {
    const echo = await startEcho();
    await server.restart({ ANTHROPIC_BASE_URL: echo.url });
    await setKey();
    const reply = await ask('scout', 'Hello.');
    expect(echo.keys).toEqual([OWNERS]);
    expect(await lastRun()).toMatchObject({ status: 'failed', error: 'llm_unauthorized' });
    expect(reply).toContain('tinyfat key set');
    const shown = JSON.stringify(await server.json(['run', 'show', (await lastRun()).id]));
    expect(shown + reply + server.output()).not.toContain(OWNERS);
    const files = filesIn(server.dataDir).map((name) => readFileSync(join(server.dataDir, name)));
    // The agent's session keeps what the provider said: it came there with the key struck out.
    expect(files.some((bytes) => bytes.includes(`bad key ${'*'.repeat(OWNERS.length)}`))).toBe(true);
    expect(files.some((bytes) => bytes.includes(OWNERS))).toBe(false);
    await echo.close();
  });

  it('that was moved to another owner in the database fails their turn: nobody else’s key pays', async () => {
    await setKey();
    const database = new DatabaseSync(join(server.dataDir, 'tinyfat.sqlite'), { timeout: 10_000 });
    database.prepare('update provider_keys set owner = ?').run(OTHER);
    database.close();
    const reply = await ask('rover', '[[reply: Never.]]');
    expect(reply).toContain('could not be read');
    expect(reply).toContain('tinyfat key set --owner');
    expect(await lastRun()).toMatchObject({ status: 'failed', error: 'owner_key_unreadable', attempt: 1 });
    expect((await server.json(['mails']))[0]).toMatchObject({ state: 'failed' });
    expect(model.requests).toEqual([]);
    await ask('scout', '[[reply: The operator’s.]]');
    expect(keysSeen()).toEqual([OPERATORS]);
  });

  it('fails the turn while the master key can’t be read, and pays again once it can', async () => {
    await setKey();
    const file = join(server.dataDir, 'master-keys');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    chmodSync(file, 0o644);
    const reply = await ask('scout', '[[reply: Never.]]');
    expect(reply).toContain('could not be read');
    expect(reply).not.toContain(server.dataDir);
    await eventually(() => server.output()).toContain(`chmod 600 '${file}'`);
    expect(model.requests).toEqual([]);
    chmodSync(file, 0o600);
    expect(await ask('scout', '[[reply: Again.]]')).toContain('Again.');
    await server.restart({ MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}` });
    expect(await ask('scout', '[[reply: Never.]]')).toContain('The master key that it was sealed with');
    await server.restart({
      MASTER_KEYS: `k1:${randomBytes(32).toString('base64')},${readFileSync(file, 'utf8')}`,
    });
    expect(await ask('scout', '[[reply: From the list.]]')).toContain('From the list.');
    expect(keysSeen()).toEqual([OWNERS, OWNERS]);
  });

  it('goes on paying while the master key is rotated, also twice at once and in the middle of a turn', async () => {
    await setKey();
    const masterKeys = () => readFileSync(join(server.dataDir, 'master-keys'), 'utf8');
    const before = masterKeys();
    const turn = ask('scout', '[[gate: middle]] [[tool: bash {"command":"true"}]] [[reply: Through.]]');
    await model.arrived('middle');
    const rotations = await Promise.all([
      server.cli(['key', 'rotate']),
      server.cli(['key', 'rotate']),
      setKey(OTHER, OPERATORS),
    ]);
    expect(rotations.map(({ code }) => code)).toEqual([0, 0, 0]);
    model.release('middle');
    expect(await turn).toContain('Through.');
    expect(masterKeys()).not.toContain(before.trim());
    await ask('scout', '[[reply: After.]]');
    await ask('rover', '[[reply: After.]]');
    expect(keysSeen()).toEqual([OWNERS, OWNERS, OWNERS, OPERATORS]);
    expect((await server.cli(['key', 'rotate'])).code).toBe(0);
    expect(masterKeys().split(',')).toHaveLength(1);
  });
});

/** Looks through the memory of every process that it may read, its own for the control; the needle comes backwards. */
const SCAN = `const fs = require('fs');
const turned = (text) => Buffer.from([...text].reverse().join(''));
const control = turned('lortnoc-eht-si-siht');
const needle = turned(process.argv[2]);
let scanned = 0, hits = 0, controlled = false;
for (const pid of fs.readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))) {
  let ranges, memory;
  try {
    ranges = fs.readFileSync('/proc/' + pid + '/maps', 'utf8').split('\\n');
    memory = fs.openSync('/proc/' + pid + '/mem', 'r');
  } catch { continue; }
  for (const range of ranges) {
    const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(range) ?? [];
    if (!from || parseInt(to, 16) - parseInt(from, 16) > 2 ** 28) continue;
    const bytes = Buffer.alloc(parseInt(to, 16) - parseInt(from, 16));
    try { scanned += fs.readSync(memory, bytes, 0, bytes.length, parseInt(from, 16)); } catch { continue; }
    if (pid === String(process.pid)) controlled ||= bytes.includes(control);
    else if (bytes.includes(needle)) hits++;
  }
}
console.log('SCANNED ' + scanned + ' bytes, control ' + controlled + ', hits ' + hits);`;

/** A key as it is, and as it would lie there hardly hidden. */
function formsOf(key: string): string[] {
  const bytes = Buffer.from(key);
  return [key, bytes.toString('base64').slice(0, 40), bytes.toString('hex'), key.slice(0, -8), key.slice(20)];
}

/** Every plain file below a folder, the database's side files among them. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    lstatSync(join(folder, name)).isFile(),
  );
}

/** A provider that refuses every key and repeats it wherever it can. */
async function startEcho() {
  const keys: unknown[] = [];
  const server: Server = createServer((request, response) => {
    const key = request.headers['x-api-key'];
    keys.push(key);
    request.resume();
    response.writeHead(401, { 'content-type': 'application/json', 'request-id': `req-${key}` });
    const message = `bad key ${key}`;
    response.end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const close = () => new Promise((resolve) => server.close(resolve));
  return { url: `http://127.0.0.1:${port}`, keys, close };
}
