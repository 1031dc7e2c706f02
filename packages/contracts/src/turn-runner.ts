/** Behaviour suite of the `TurnRunner` port; every implementation runs it, with step-mom and a stand-in for the model. */
import type {
  AgentFolders,
  LlmUpstream,
  RunSpending,
  RunUsage,
  TurnRequest,
  TurnRunner,
  TurnUpstream,
} from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A runner, what it works on, and how to throw all away. */
export interface TurnRunnerFixture {
  /** With the keys of `testUpstream`. */
  runner: TurnRunner;
  folders: AgentFolders;
  /** `startAnthropicStandIn` of the testing package. */
  model: {
    url: string;
    requests: { headers: Record<string, string | string[] | undefined> }[];
    arrived(name: string): Promise<void>;
    release(name: string): void;
  };
  dispose(): Promise<void>;
}

const AGENT = 'agent-1';
const MODEL = 'claude-haiku-4-5';
const PRICES = [
  {
    id: MODEL,
    contextWindow: 200_000,
    cost: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 },
  },
];
const NOTHING: RunUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, microUsd: 0, requests: 0 };

/** Money that nothing caps; `settled` adds up what was written down. */
export function uncapped(): RunSpending & { settled: RunUsage } {
  const spending = {
    models: PRICES,
    reserved: null,
    settled: NOTHING,
    reserve: async (microUsd: number) => ({ ok: true as const, microUsd }),
    async settle({ used }: { used: RunUsage }) {
      const { settled } = spending;
      spending.settled = {
        input: settled.input + used.input,
        output: settled.output + used.output,
        cacheRead: settled.cacheRead + used.cacheRead,
        cacheWrite: settled.cacheWrite + used.cacheWrite,
        microUsd: settled.microUsd + used.microUsd,
        requests: settled.requests + used.requests,
      };
    },
  };
  return spending;
}

/** A turn for the mail with this text, which holds the stand-in's directives. */
export function testTurn(
  run: string,
  text: string,
  more: Pick<TurnRequest, 'upstream'> &
    Partial<Pick<TurnRequest, 'spending' | 'attachments' | 'mostFolderBytes'>>,
): TurnRequest {
  const owner = { address: 'owner@example.com', name: '' };
  const agent = { id: AGENT, name: 'scout', address: 'scout@example.com', owner: owner.address };
  return {
    agentId: AGENT,
    spending: uncapped(),
    egress: { kind: 'public' },
    mostFolderBytes: null,
    attachments: [],
    ...more,
    input: {
      version: 1,
      run_id: run,
      attempt: 1,
      agent,
      session: { id: '01990000-0000-7000-8000-beef00000001' },
      model: { id: MODEL },
      task: { kind: 'turn' },
      email: {
        message_id: `<${run}@example.com>`,
        in_reply_to: null,
        references: [],
        from: owner,
        authentication: 'DMARC passed',
        to: [{ address: agent.address, name: '' }],
        cc: [],
        subject: 'Hello',
        date: null,
        text,
        quoted: '',
        forwarded: '',
        hidden_text: false,
      },
      limits: {
        deadline_ms: 50_000,
        stall_ms: 20_000,
        retry_base_ms: 1,
        llm_retries: 0,
        event_output_chars: 2_000,
      },
    },
  };
}

/** The keys of the suite: the operator's is `sk-ant-the-real-key`, and no owner's opens. */
export function testUpstream(upstream: TurnUpstream, baseUrl: string): LlmUpstream {
  if (upstream.kind === 'demo') return upstream;
  if (upstream.payer === 'operator') return { kind: 'anthropic', baseUrl, apiKey: 'sk-ant-the-real-key' };
  const refusal = { ok: false, code: 'owner_key_unreadable', reason: 'It was changed.' } as const;
  return { kind: 'anthropic', baseUrl, apiKey: async () => refusal };
}

/** `noOwnersKeys`: why this fixture has no place where keys of owners are stored; null where it has one. */
export function turnRunnerContract(
  name: string,
  make: () => Promise<TurnRunnerFixture>,
  noOwnersKeys: string | null = null,
): void {
  describe(`TurnRunner: ${name}`, () => {
    let fixture: TurnRunnerFixture;
    const upstream: TurnUpstream = { kind: 'anthropic', payer: 'operator' };
    beforeEach(async () => {
      fixture = await make();
      await fixture.folders.create(AGENT, {});
    });
    afterEach(() => fixture.dispose());

    const run = (request: TurnRequest, signal = new AbortController().signal) =>
      fixture.runner.runTurn(request, signal);
    const replyOf = async (id: string) => {
      const read = await fixture.folders.read(AGENT, `outbox/email/${id}.json`, 1 << 20);
      if (!read.ok) throw new Error(read.detail);
      return String(JSON.parse(new TextDecoder().decode(read.bytes)).body);
    };

    it('leaves the reply in the outbox, and settles what the turn used', async () => {
      const spending = uncapped();
      const result = await run(testTurn('run-1', '[[reply: All is well.]]', { upstream, spending }));
      expect(result.outcome).toMatchObject({ ok: true, reply: 'written' });
      expect(await replyOf('run-1')).toContain('All is well.');
      const { microUsd, requests, ...tokens } = spending.settled;
      expect(requests).toBe(result.llmRequests);
      expect(tokens).toEqual(result.usage);
      expect(microUsd / 1e6).toBeCloseTo(result.costUsd, 9);
      expect(result.usage.output).toBeGreaterThan(0);
      expect(result.durationMs).toBeGreaterThan(0);
      expect(result.firstRequestAt).toBeLessThanOrEqual(result.lastResponseAt ?? 0);
    });

    it('gives the model the real key, and the sandbox none', async () => {
      const look = '[[tool: bash {"command":"env; cat /inbox/input.json"}]] [[reply: <{output}>]]';
      await run(testTurn('run-1', look, { upstream }));
      expect(new Set(fixture.model.requests.map(({ headers }) => headers['x-api-key']))).toEqual(
        new Set(['sk-ant-the-real-key']),
      );
      expect(await replyOf('run-1')).toContain('run_id');
      expect(await replyOf('run-1')).not.toContain('the-real-key');
    });

    it('places attachments, and the next turn finds what this one left', async () => {
      const attachment = {
        filename: 'note.txt',
        contentType: 'text/plain',
        detectedType: null,
        marks: [],
        contentId: null,
        inline: false,
        content: new TextEncoder().encode('from the mail'),
      };
      const copy =
        '[[tool: bash {"command":"cp /inbox/attachments/note.txt /data/kept.txt"}]] [[reply: done]]';
      await run(testTurn('run-1', copy, { upstream, attachments: [attachment] }));
      const read = '[[tool: bash {"command":"cat kept.txt; ls /inbox/attachments"}]] [[reply: <{output}>]]';
      await run(testTurn('run-2', read, { upstream }));
      expect(await replyOf('run-2')).toContain('<from the mail');
      expect(await replyOf('run-2')).not.toContain('note.txt');
      const sessions = await fixture.folders.list(AGENT, 'sessions', 10);
      expect(sessions).toHaveLength(1);
    });

    it('does not begin with a stored key that does not open', async ({ skip }) => {
      if (noOwnersKeys !== null) skip(noOwnersKeys);
      const sealed: TurnUpstream = { kind: 'anthropic', payer: 'owner' };
      const result = await run(testTurn('run-1', 'Hello', { upstream: sealed }));
      expect(result).toMatchObject({
        outcome: { ok: false, code: 'owner_key_unreadable', message: 'It was changed.', retry: false },
        llmRequests: 0,
        durationMs: 0,
      });
    });

    it('lets no request pass that the budget refuses', async () => {
      const cap = { scope: 'owner' as const, monthly: 1, spent: 0, reserved: 0 };
      const spending: RunSpending = {
        ...uncapped(),
        reserved: 0,
        reserve: async () => ({ ok: false, cap, held: false }),
      };
      const result = await run(testTurn('run-1', 'Hello', { upstream, spending }));
      expect(result.outcome).toMatchObject({ ok: false, code: 'budget_exhausted' });
      expect([fixture.model.requests.length, result.costUsd]).toEqual([0, 0]);
    });

    it('says what the folder holds afterwards', async () => {
      const write = '[[tool: bash {"command":"head -c 3000000 /dev/zero > /data/big"}]] [[reply: done]]';
      const { folderBytes } = await run(testTurn('run-1', write, { upstream, mostFolderBytes: 50_000_000 }));
      expect(folderBytes).toBeGreaterThan(3_000_000);
      expect(folderBytes).toBeLessThan(5_000_000);
    });

    it('is ended where the folder grows beyond what it may hold, and not tried again', async () => {
      const fill =
        '[[tool: bash {"command":"head -c 30000000 /dev/zero > /data/big; sleep 40"}]] [[reply: done]]';
      const result = await run(testTurn('run-1', fill, { upstream, mostFolderBytes: 10_000_000 }));
      expect(result.outcome).toEqual({
        ok: false,
        code: 'quota_exceeded',
        message: 'It holds more than 10.0 MB.',
        retry: false,
      });
      expect(result.durationMs).toBeLessThan(20_000);
    });

    it('ends at once when it is cancelled, and can be tried again', async () => {
      const cancelled = new AbortController();
      const turn = testTurn('run-1', '[[gate: closed]] [[reply: at last]]', { upstream });
      const running = run(turn, cancelled.signal);
      await fixture.model.arrived('closed');
      cancelled.abort();
      expect((await running).outcome).toMatchObject({ ok: false, code: 'sandbox_cancelled', retry: true });
      fixture.model.release('closed');
      const { outcome } = await run({ ...turn, input: { ...turn.input, attempt: 2 } });
      expect(outcome).toMatchObject({ ok: true, reply: 'written' });
    });
  });
}
