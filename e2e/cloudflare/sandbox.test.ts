/** Turns on Cloudflare: the Durable Object in workerd with R2, over a stand-in for its container. */
import { testTurn, turnRunnerContract, uncapped } from '@tinyfat/contracts';
import type { TurnRequest } from '@tinyfat/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SandboxWorld, startSandboxWorld } from '../support/cloudflare/sandbox-world.ts';

let world: SandboxWorld;
beforeAll(async () => {
  world = await startSandboxWorld();
}, 120_000);
afterAll(() => world?.close());

/** The world of this file, as if it had just begun. */
async function fixture() {
  const before = world.model.requests.length;
  return {
    runner: world.runner,
    folders: world.folders,
    model: {
      url: world.model.url,
      arrived: (name: string) => world.model.arrived(name),
      release: (name: string) => world.model.release(name),
      get requests() {
        return world.model.requests.slice(before);
      },
    },
    dispose: () => world.empty('agent-1'),
  };
}

turnRunnerContract('Durable Object', fixture, 'no database is there; the story on Cloudflare has one');

const upstream = { kind: 'anthropic', payer: 'operator' } as const;
const never = new AbortController().signal;
let agents = 0;

/** An agent of its own with an empty folder. */
async function newAgent(): Promise<string> {
  agents += 1;
  const id = `agent-of-test-${agents}`;
  await world.folders.create(id, {});
  return id;
}

function turnOf(agentId: string, text: string, more: Partial<TurnRequest> = {}, attempt = 1): TurnRequest {
  const turn = testTurn('run-1', text, { upstream, ...more });
  return {
    ...turn,
    ...more,
    agentId,
    input: { ...turn.input, attempt, agent: { ...turn.input.agent, id: agentId } },
  };
}

async function textOf(agentId: string, path: string): Promise<string> {
  const read = await world.folders.read(agentId, path, 1 << 20);
  if (!read.ok) throw new Error(`${path}: ${read.detail}`);
  return new TextDecoder().decode(read.bytes);
}

const replies = async (agentId: string) =>
  (await world.folders.list(agentId, 'outbox/email', 10)).map(({ name }) => name);

it('a container that is killed in the middle: the run is tried again, with one reply and the session of before', async () => {
  const agent = await newAgent();
  const text = '[[tool: bash {"command":"echo begun"}]] [[gate: middle]] [[reply: done]]';
  const first = world.runner.runTurn(turnOf(agent, 'Hello [[reply: one]]'), never);
  expect((await first).outcome).toMatchObject({ ok: true });
  const spending = uncapped();
  const next = (attempt: number) => {
    const turn = turnOf(agent, text, { spending }, attempt);
    return { ...turn, input: { ...turn.input, run_id: 'run-2' } };
  };
  const running = world.runner.runTurn(next(1), never);
  await world.model.arrived('middle');
  await world.containers.kill(agent);
  const cut = await running;
  expect(cut).toMatchObject({ outcome: { ok: false, code: 'sandbox_crashed', retry: true } });
  expect(spending.settled.requests).toBe(cut.llmRequests);
  world.model.release('middle');
  expect((await world.runner.runTurn(next(2), never)).outcome).toMatchObject({ ok: true, reply: 'written' });
  expect((await replies(agent)).sort()).toEqual(['run-1.json', 'run-2.json']);
  expect(await world.folders.list(agent, 'sessions', 10)).toHaveLength(1);
  expect(world.containers.isRunning(agent)).toBe(false);
});

it('two consumers at once: the turn of the first ends before that of the second begins', async () => {
  const agent = await newAgent();
  const text = '[[gate: both]] [[reply: once]]';
  const first = world.runner.runTurn(turnOf(agent, text), never);
  await world.model.arrived('both');
  const second = world.runner.runTurn(turnOf(agent, text, {}, 2), never);
  expect((await first).outcome).toMatchObject({ ok: false, code: 'sandbox_cancelled', retry: true });
  world.model.release('both');
  expect((await second).outcome).toMatchObject({ ok: true, reply: 'written' });
  expect(await replies(agent)).toEqual(['run-1.json']);
  expect(world.containers.starts(agent)).toBe(2);
});

it('a consumer that dies takes its turn with it, and no container is left', async () => {
  const agent = await newAgent();
  const die = new AbortController();
  const running = world.runAndDie(turnOf(agent, '[[gate: alone]] [[reply: for nobody]]'), die.signal);
  await world.model.arrived('alone');
  die.abort();
  await expect(running).rejects.toThrow();
  await expect.poll(() => world.containers.isRunning(agent), { timeout: 60_000 }).toBe(false);
  world.model.release('alone');
  const { outcome } = await world.runner.runTurn(turnOf(agent, '[[reply: for somebody]]', {}, 2), never);
  expect(outcome).toMatchObject({ ok: true });
});

it('what the API wrote during a turn stays, and what the agent made of it lies beside it', async () => {
  const agent = await newAgent();
  await world.bucket.put(`agents/${agent}/MEMORY.md`, 'of before');
  const write =
    '[[tool: bash {"command":"echo of the agent > MEMORY.md"}]] [[gate: written]] [[reply: done]]';
  const running = world.runner.runTurn(turnOf(agent, write), never);
  await world.model.arrived('written');
  await world.bucket.put(`agents/${agent}/MEMORY.md`, 'of the owner');
  world.model.release('written');
  expect((await running).outcome).toMatchObject({ ok: true });
  expect(await textOf(agent, 'MEMORY.md')).toBe('of the owner');
  expect(await textOf(agent, 'MEMORY.md.conflict-run-1')).toBe('of the agent\n');
});

it('a turn that leaves 10,000 files, links and odd names ends with its reply, and says what was not stored', async () => {
  const agent = await newAgent();
  const make =
    'mkdir many; for i in $(seq 10000); do : > many/$i; done; ln -s /etc/passwd link; echo one > one; ln one two; mkfifo pipe; touch "$(printf \'a\\nb\')" "$(printf \'\\377\')" "ü ?#%.txt"; echo made';
  const text = `[[tool: bash ${JSON.stringify({ command: make })}]] [[reply: <{output}>]]`;
  const { outcome } = await world.runner.runTurn(turnOf(agent, text), never);
  expect(outcome).toMatchObject({ ok: true });
  expect(await textOf(agent, 'outbox/email/run-1.json')).toContain('made');
  expect([await textOf(agent, 'one'), await textOf(agent, 'two')]).toEqual(['one\n', 'one\n']);
  expect(await textOf(agent, 'ü ?#%.txt')).toBe('');
  expect(await world.folders.read(agent, 'link', 100)).toMatchObject({ ok: false });
  const [, notes] = (await world.folders.list(agent, 'events', 10)).map(({ name }) => name).sort();
  const said = await textOf(agent, `events/${notes}`);
  for (const what of ['a folder may hold 5000 files', 'pipe', 'not UTF-8']) expect(said).toContain(what);
}, 180_000);
