import { testTurn, turnRunnerContract } from '@tinyfat/contracts';
import { afterEach, expect, it } from 'vitest';
import { openContainerRunner } from '../test-support/container-fixture.ts';

type Fixture = Awaited<ReturnType<typeof openContainerRunner>>;

turnRunnerContract('container', openContainerRunner);

let fixture: Fixture | null = null;
afterEach(() => fixture?.dispose());

async function open(options?: Parameters<typeof openContainerRunner>[0]): Promise<Fixture> {
  fixture = await openContainerRunner(options);
  await fixture.folders.create('agent-1', {});
  return fixture;
}

const upstream = { kind: 'anthropic', payer: 'operator' } as const;
const never = new AbortController().signal;

it('is tried again under the same run id where the container ends in the middle, and the session goes on', async () => {
  const { runner, containers, model, folders } = await open();
  const turn = testTurn(
    'run-1',
    '[[tool: bash {"command":"echo mine > /data/note"}]] [[gate: middle]] [[reply: done]]',
    { upstream },
  );
  const running = runner.runTurn(turn, never);
  await model.arrived('middle');
  await containers.kill('agent-1');
  expect(await running).toMatchObject({ outcome: { ok: false, code: 'sandbox_crashed', retry: true } });
  model.release('middle');
  const again = await runner.runTurn({ ...turn, input: { ...turn.input, attempt: 2 } }, never);
  expect(again.outcome).toMatchObject({ ok: true, reply: 'written' });
  expect((await folders.list('agent-1', 'outbox/email', 10)).map(({ name }) => name)).toEqual(['run-1.json']);
  expect(containers.isRunning('agent-1')).toBe(false);
});

it('is tried again where no container can be had', async () => {
  const { runner, containers } = await open();
  containers.faults.startFails = true;
  const { outcome } = await runner.runTurn(testTurn('run-1', '[[reply: ok]]', { upstream }), never);
  expect(outcome).toMatchObject({ ok: false, code: 'sandbox_crashed', retry: true });
});

it('ends at its deadline, keeps what was made until then, and is not tried again', async () => {
  const { runner, containers, folders } = await open({ limits: { deadlineMs: 10_000 } });
  const wait = '[[tool: bash {"command":"echo mine > /data/note; sleep 1000"}]] [[reply: done]]';
  const { outcome } = await runner.runTurn(testTurn('run-1', wait, { upstream }), never);
  expect(outcome).toMatchObject({ ok: false, code: 'sandbox_deadline', retry: false });
  expect((await folders.read('agent-1', 'note', 100)).ok).toBe(true);
  expect(containers.isRunning('agent-1')).toBe(false);
});

it('ends where step-mom prints without end', async () => {
  const { runner } = await open({ limits: { outputBytes: 10 } });
  const { outcome } = await runner.runTurn(testTurn('run-1', '[[reply: done]]', { upstream }), never);
  expect(outcome).toMatchObject({ ok: false, code: 'sandbox_output' });
});

it('is cancelled while a program of the copy hangs', async () => {
  const { runner, containers } = await open({ limits: { cancelledMs: 500 } });
  containers.faults.hangs = 'sh';
  const cancelled = new AbortController();
  const running = runner.runTurn(testTurn('run-1', '[[reply: ok]]', { upstream }), cancelled.signal);
  await expect.poll(() => containers.programs.length, { timeout: 20_000 }).toBe(1);
  cancelled.abort();
  expect((await running).outcome).toMatchObject({ code: 'sandbox_cancelled', retry: true });
  expect(containers.isRunning('agent-1')).toBe(false);
});

it('reports a full disk of the container as what it is to the agent, and goes on', async () => {
  const { runner, containers, folders } = await open();
  containers.faults.diskBytes = 3_000_000;
  const fill =
    '[[tool: bash {"command":"head -c 9000000 /dev/zero > /data/big; rm /data/big; echo kept > /data/kept"}]] [[reply: done]]';
  const { outcome } = await runner.runTurn(testTurn('run-1', fill, { upstream }), never);
  expect(outcome).toMatchObject({ ok: true });
  expect((await folders.read('agent-1', 'kept', 100)).ok).toBe(true);
});
