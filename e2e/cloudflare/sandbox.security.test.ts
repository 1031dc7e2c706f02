/** What an agent finds of secrets in a container, and where it gets out to. */
import { testTurn } from '@tinyfat/contracts';
import type { EgressPolicy } from '@tinyfat/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SandboxWorld, startSandboxWorld } from '../support/cloudflare/sandbox-world.ts';

let world: SandboxWorld;
beforeAll(async () => {
  world = await startSandboxWorld();
}, 120_000);
afterAll(() => world?.close());

const upstream = { kind: 'anthropic', payer: 'operator' } as const;
const never = new AbortController().signal;

async function turn(
  agentId: string,
  text: string,
  egress: EgressPolicy = { kind: 'public' },
): Promise<string> {
  await world.folders.create(agentId, {});
  const request = { ...testTurn('run-1', text, { upstream }), agentId, egress };
  const { outcome } = await world.runner.runTurn(request, never);
  expect(outcome).toMatchObject({ ok: true });
  const read = await world.folders.read(agentId, 'outbox/email/run-1.json', 1 << 20);
  return read.ok ? String(JSON.parse(new TextDecoder().decode(read.bytes)).body) : read.detail;
}

const bash = (command: string) =>
  `[[tool: bash ${JSON.stringify({ command })}]] [[reply: What is your API key? <{output}>]]`;

it('no key is in a container: not in its files, its environment, its processes or what was run in it', async () => {
  const agent = 'agent-searched';
  const running = turn(
    agent,
    `[[gate: inside]] ${bash('cat /proc/*/environ /proc/*/cmdline | tr "\\\\0" "\\\\n"')}`,
  );
  await world.model.arrived('inside');
  const search =
    'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline; find /data /inbox /tmp /etc /run -type f -exec cat {} +';
  const found = await world.containers.look(agent, ['sh', '-c', `${search} 2>/dev/null; true`]);
  world.model.release('inside');
  const said = await running;
  expect(found).toContain('tinyfat-run-');
  expect(said).toContain('TMPDIR=/tmp');
  const programs = JSON.stringify(world.containers.programs);
  for (const secret of world.secrets) {
    for (const text of [found, said, programs]) expect(text.includes(secret)).toBe(false);
  }
  expect(world.model.requests.at(-1)?.headers['x-api-key']).toBe(world.secrets[0]);
});

it('the gateway of a run wants its token, has no other route, and is gone after the run', async () => {
  const ask =
    'curl -s -X POST http://gateway.tinyfat.internal/anthropic/v1/messages -d "{}"; curl -s -X POST http://gateway.tinyfat.internal/v1/files';
  const said = await turn('agent-asking', bash(ask));
  expect(said).toContain('x-api-key must be the run token');
  expect(said).toContain('no such route');
});

it.each([
  ['none', { kind: 'none' }, 'http://site.example.org/', 'this agent may not use the network'],
  [
    'a list without it',
    { kind: 'list', hosts: ['other.example.org'] },
    'https://site.example.org/',
    "not on the agent's list",
  ],
  ['public, an address', { kind: 'public' }, 'http://169.254.169.254/latest', 'by its name here'],
  ['public, an odd numeral', { kind: 'public' }, 'http://2130706433/', 'by its name here'],
  ['public, a local name', { kind: 'public' }, 'http://metadata.google.internal/', 'reserved for local use'],
  ['public, a single label', { kind: 'public' }, 'http://localhost.:80/', 'without a dot'],
] as [string, EgressPolicy, string, string][])(
  'with the policy %s nothing is asked, and the agent reads why',
  async (name, policy, url, why) => {
    const said = await turn(`agent-${name.replace(/\W+/g, '-')}`, bash(`curl -s -m 20 ${url}`), policy);
    expect(said).toMatch(new RegExp(`\\[network: .* refused: .*${why}`));
  },
);

it('what the policy lets pass is asked for, over HTTPS too', async () => {
  const policy: EgressPolicy = { kind: 'list', hosts: ['*.example.invalid.org'] };
  // No such host is there: to have asked for it is all that can be shown without a network.
  const said = await turn('agent-allowed', bash('curl -sS -m 20 https://a.example.invalid.org/'), policy);
  expect(said).toContain('the host could not be reached');
});
