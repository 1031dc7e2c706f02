/** Invariant 5 for the keys of owners: whose key pays, and that it is nowhere but in the request to the provider. */
import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { startStory } from './support/story.ts';

const OPERATORS = `sk-ant-api03-OPERATOR-${randomBytes(16).toString('hex')}`;
const OWNERS = `sk-ant-api03-OWNER-${randomBytes(16).toString('hex')}`;

describe('the key of an owner', async () => {
  const { model, server, ask } = await startStory({
    environment: { ANTHROPIC_API_KEY: OPERATORS, LOG_LEVEL: 'debug' },
    agents: {},
  });
  const setKey = async (owner: string, key = OWNERS) => {
    const set = await server.cli(['key', 'set', '--owner', owner], `${key}\n`);
    expect(set).toMatchObject({ code: 0 });
    return set;
  };
  /** Makes an agent for each of two owners, of whom the first has a key where nothing else is said. */
  async function twoOwners(test: string, { hasKey = true } = {}) {
    const make = async (agent: string) => {
      const owner = `${agent}@example.com`;
      expect((await server.cli(['agent', 'create', agent, '--owner', owner])).code).toBe(0);
      return {
        owner,
        agent,
        /** Writes to the agent as its owner; gives the answer. */
        ask: async (text: string) =>
          (await ask({ from: owner, to: `${agent}@tinyfat.localhost`, text })).text ?? '',
      };
    };
    const scout = await make(test);
    const rover = await make(`${test}-other`);
    if (hasKey) await setKey(scout.owner);
    return { scout, rover, keysSeen: () => keysSeen(test) };
  }
  /** Of the requests of both agents of a test. */
  const keysSeen = (test: string) => {
    const address = new RegExp(`\\b${test}(-other)?@tinyfat\\.localhost`);
    return model.requests
      .filter(({ body }) => address.test(JSON.stringify(body)))
      .map((request) => request.headers['x-api-key']);
  };
  const lastRun = async () => (await server.json(['runs']))[0];
  const masterKeys = join(server.dataDir, 'master-keys');

  it('pays for the agents of that owner from the next turn on, and the operator’s for all others', async () => {
    const { scout, rover, keysSeen } = await twoOwners('pays', { hasKey: false });
    await scout.ask('[[reply: Before.]]');
    await setKey(scout.owner);
    await scout.ask('[[reply: Mine.]]');
    await rover.ask('[[reply: Not mine.]]');
    expect(keysSeen()).toEqual([OPERATORS, OWNERS, OPERATORS]);
    expect(
      (await server.json(['key', 'list'])).find((one: { owner: string }) => one.owner === scout.owner),
    ).toEqual({
      owner: scout.owner,
      provider: 'anthropic',
      last_four: OWNERS.slice(-4),
      created: expect.stringMatching(/^20/),
      last_used: expect.stringMatching(/^20/),
    });
    expect((await server.cli(['key', 'remove', '--owner', scout.owner])).code).toBe(0);
    await scout.ask('[[reply: The operator’s again.]]');
    expect(keysSeen().at(-1)).toBe(OPERATORS);
  });

  it('goes on paying while the master key is rotated, also twice at once and in the middle of a turn', async () => {
    const { scout, rover, keysSeen } = await twoOwners('rotated');
    const readMasterKeys = () => readFileSync(masterKeys, 'utf8');
    const before = readMasterKeys();
    const turn = scout.ask('[[gate: middle]] [[tool: bash {"command":"true"}]] [[reply: Through.]]');
    await model.arrived('middle');
    const rotations = await Promise.all([
      server.cli(['key', 'rotate']),
      server.cli(['key', 'rotate']),
      setKey(rover.owner, OPERATORS),
    ]);
    expect(rotations.map(({ code }) => code)).toEqual([0, 0, 0]);
    model.release('middle');
    expect(await turn).toContain('Through.');
    expect(readMasterKeys()).not.toContain(before.trim());
    await scout.ask('[[reply: After.]]');
    await rover.ask('[[reply: After.]]');
    expect(keysSeen()).toEqual([OWNERS, OWNERS, OWNERS, OPERATORS]);
    expect((await server.cli(['key', 'rotate'])).code).toBe(0);
    expect(readMasterKeys().split(',')).toHaveLength(1);
  });

  it('that was moved to another owner in the database fails their turn: nobody else’s key pays', async () => {
    const { scout, rover, keysSeen } = await twoOwners('moved');
    const database = new DatabaseSync(join(server.dataDir, 'tinyfat.sqlite'), { timeout: 10_000 });
    database.prepare('update provider_keys set owner = ? where owner = ?').run(rover.owner, scout.owner);
    database.close();
    const reply = await rover.ask('[[reply: Never.]]');
    expect(reply).toContain('could not be read');
    expect(reply).toContain('tinyfat key set --owner');
    expect(await lastRun()).toMatchObject({ status: 'failed', error: 'owner_key_unreadable', attempt: 1 });
    expect((await server.json(['mails']))[0]).toMatchObject({ state: 'failed' });
    expect(keysSeen()).toEqual([]);
    await scout.ask('[[reply: The operator’s.]]');
    expect(keysSeen()).toEqual([OPERATORS]);
    // No other test shall meet it.
    expect((await server.cli(['key', 'remove', '--owner', rover.owner])).code).toBe(0);
  });

  it('fails the turn while the master key can’t be read, and pays again once it can', async () => {
    const { scout, keysSeen } = await twoOwners('unread');
    expect(statSync(masterKeys).mode & 0o777).toBe(0o600);
    chmodSync(masterKeys, 0o644);
    const reply = await scout.ask('[[reply: Never.]]');
    expect(reply).toContain('could not be read');
    expect(reply).not.toContain(server.dataDir);
    await eventually(() => server.output()).toContain(`chmod 600 '${masterKeys}'`);
    expect(keysSeen()).toEqual([]);
    chmodSync(masterKeys, 0o600);
    expect(await scout.ask('[[reply: Again.]]')).toContain('Again.');
    await server.restart({ MASTER_KEYS: `k1:${randomBytes(32).toString('base64')}` });
    expect(await scout.ask('[[reply: Never.]]')).toContain('The master key that it was sealed with');
    await server.restart({
      MASTER_KEYS: `k1:${randomBytes(32).toString('base64')},${readFileSync(masterKeys, 'utf8')}`,
    });
    expect(await scout.ask('[[reply: From the list.]]')).toContain('From the list.');
    expect(keysSeen()).toEqual([OWNERS, OWNERS]);
  });

  it('makes turns real and counted where there is no operator’s key; others get the demo model and are told', async () => {
    await server.restart({ ANTHROPIC_API_KEY: '' });
    const { scout, rover, keysSeen } = await twoOwners('demo');
    const real = await scout.ask('[[reply: Real.]]');
    expect(real).toContain('Real.');
    expect(real).toMatch(/\| claude-[a-z0-9-]+\]/);
    expect(await lastRun()).toMatchObject({ status: 'done', model: expect.stringMatching(/^claude-/) });
    const [run] = await server.json(['runs', scout.agent]);
    expect(run.cost_usd).toBeGreaterThan(0);
    const demo = await rover.ask('Hello.');
    expect(demo).toContain('demo model');
    expect(demo).toMatch(/\| demo\]/);
    expect(await lastRun()).toMatchObject({ model: 'demo' });
    expect(keysSeen()).toEqual([OWNERS]);
  });

  it('is struck out where the provider repeats it in an error', async () => {
    const { scout } = await twoOwners('echo');
    const echo = await startEcho();
    await server.restart({ ANTHROPIC_BASE_URL: echo.url });
    const reply = await scout.ask('Hello.');
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

  it('is found by no agent that looks for it, and lies nowhere on the host', async () => {
    await server.restart();
    const { scout, rover, keysSeen } = await twoOwners('found');
    const backwards = [...OWNERS].reverse().join('');
    const looks = [
      'env; for p in /proc/[0-9]*; do tr "\\\\0" "\\\\n" < $p/environ; tr "\\\\0" " " < $p/cmdline; ls -l $p/fd; done',
      'grep -rsaE "sk-ant-api03-[O]" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr',
      `cat > /tmp/scan.cjs <<'SCRIPT'\n${SCAN}\nSCRIPT\nnode /tmp/scan.cjs ${backwards}`,
      // With the run's own token, taken from step-mom's environment, the provider itself answers.
      'T=$(cat /proc/[0-9]*/environ | tr "\\0" "\\n" | sed -n "s/^TINYFAT_RUN_TOKEN=//p" | head -1); curl -sS --noproxy "*" -m 5 -i -H "x-api-key: $T" -d "{}" http://127.0.0.1:3128/anthropic/v1/messages',
      `ls -la ${server.dataDir}; cat ${server.dataDir}/master-keys ${server.dataDir}/tinyfat.sqlite`,
    ].map((command) => {
      const tool = JSON.stringify({ command: `{ ${command}\n} 2>&1; echo LOOKED` });
      return `[[tool: bash ${tool}]]`;
    });
    const answer = await scout.ask(`${looks.join(' ')} [[reply: {output}]]`);
    expect(answer).toContain('LOOKED');
    const found = toolOutputs(model.requests.at(-1)?.body);
    expect(found).toHaveLength(looks.length);
    for (const seen of found) expect(seen).toContain('LOOKED');
    expect(found[2]).toMatch(/SCANNED \d{7,} bytes, control true, hits 0/);
    expect(found[3]).toContain('req_standin_error');
    expect(answer + found.join()).not.toContain('sk-ant-api03-O');
    expect(new Set(keysSeen())).toEqual(new Set([OWNERS]));
    await scout.ask('[[status: 401]]');

    const runs: { id: string }[] = await server.json(['runs', scout.agent]);
    let said = '';
    for (const words of [
      ['key', 'list'],
      ['runs'],
      ...runs.map(({ id }) => ['run', 'show', id]),
      ['mails'],
      ['outbox', 'list'],
      ['agent', 'show', scout.agent],
    ]) {
      said += JSON.stringify(await server.json(words));
    }
    const rotated = await server.cli(['key', 'rotate']);
    expect(rotated).toMatchObject({ code: 0 });
    said += JSON.stringify([rotated, await setKey(rover.owner, OPERATORS)]);
    said += server.output() + (await server.answers(1)).map((one) => one.raw);
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

/** What the commands of a turn printed, as its last request to the model holds it. */
function toolOutputs(body: unknown): string[] {
  const { messages } = body as { messages: { content: string | { type: string }[] }[] };
  return messages
    .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
    .filter(({ type }) => type === 'tool_result')
    .map((result) => JSON.stringify(result));
}

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
