/**
 * npm and pip fetch what they install through the gateway's proxy, by CONNECT and TLS. The world outside is a registry of
 * ours under a public name and address: the gateway is the real one, with this network in the place of the internet.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testTurn, testUpstream } from '@tinyfat/contracts';
import { createGateways, type EgressNetwork, type Gateways } from '@tinyfat/gateway/node';
import { bubblewrap, sandboxOwner } from '@tinyfat/sandbox';
import { localRunner } from '@tinyfat/sandbox-spike';
import {
  directoryFolders,
  directoryTurns,
  type FolderThread,
  folderThread as startFolderThread,
} from '@tinyfat/storage/node';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { REGISTRY_HOST, type Registry, startRegistry } from '@tinyfat/testing/stand-ins/registry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { programPaths } from '../apps/server/src/program.ts';

const has = (...programs: string[]) =>
  programs.every((name) => ['/usr/bin', '/usr/local/bin'].some((folder) => existsSync(join(folder, name))));
const ADDRESS = '93.184.215.14';
const AGENT = 'agent-1';

describe.skipIf(!has('openssl', 'tar', 'python3'))('through the gateway', () => {
  let root: string;
  let registry: Registry;
  let model: AnthropicStandIn;
  let gateways: Gateways;
  let folderThread: FolderThread;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'tinyfat-https-'));
    await chmod(root, 0o755);
    for (const folder of ['registry', 'turns', 'agents']) mkdirSync(join(root, folder));
    registry = await startRegistry(join(root, 'registry'));
    model = await startAnthropicStandIn();
    const network: EgressNetwork = {
      resolve: async (name) => (name === REGISTRY_HOST ? [ADDRESS] : []),
      connect: () => connect({ host: '127.0.0.1', port: registry.port, allowHalfOpen: true }),
      ownAddresses: () => [],
    };
    gateways = createGateways({ now: Date.now, network });
    folderThread = startFolderThread();
  });
  afterEach(async () => {
    await gateways.close();
    await folderThread.close();
    await model.close();
    await registry.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Takes one turn with one command, and gives what the command printed. */
  const turn = async (run: string, command: string) => {
    const owner = sandboxOwner();
    const folders = directoryFolders({ folder: join(root, 'agents'), owner });
    await folders.create(AGENT, {});
    const runner = localRunner({
      sandbox: bubblewrap({ nodeBinary: process.execPath, runtimeFolder: join(root, 'sandbox') }),
      gateways,
      upstreams: (upstream) => testUpstream(upstream, model.url),
      folders: directoryTurns(folders),
      runtimeFolder: join(root, 'turns'),
      programFolder: programPaths.stepMom,
      cache: null,
      skillsFolder: programPaths.skills,
      limits: LIMITS,
      folderThread,
      logger: { warn: () => {} },
      onGatewayEvent: () => {},
    });
    const call = `[[tool: bash ${JSON.stringify({ command })}]]`;
    const request = testTurn(run, `${call} [[reply: <{output}>]]`, {
      upstream: { kind: 'anthropic', payer: 'operator' },
      attachments: [attachment('ca.pem', registry.certificate)],
    });
    const { outcome } = await runner.runTurn(request, new AbortController().signal);
    expect(outcome).toMatchObject({ ok: true });
    const read = await folders.read(AGENT, `outbox/email/${run}.json`, 1 << 20);
    const { body } = JSON.parse(read.ok ? Buffer.from(read.bytes).toString() : '{}');
    return String(body)
      .match(/<(.*)>/s)?.[1]
      ?.trim();
  };

  it.skipIf(!has('npm', 'node'))('npm installs from a registry, for the next turn too', async () => {
    const install = `npm install -g --silent --registry https://${REGISTRY_HOST} --cafile /inbox/attachments/ca.pem greet && greet`;
    expect(await turn('run-1', install)).toBe('greetings');
    expect(registry.asked).toEqual(['/greet', '/greet/-/greet-1.0.0.tgz']);
    expect(await turn('run-2', 'greet; type -p greet; ls -A .cache')).toBe(
      'greetings\n/data/.local/bin/greet\nnpm',
    );
  });

  it.skipIf(!has('pip3'))('pip installs from an index, for the next turn too', async () => {
    const install = `pip3 install -q --index-url https://${REGISTRY_HOST}/simple --cert /inbox/attachments/ca.pem salute && salute`;
    expect(await turn('run-1', install)).toBe('salutations');
    expect(registry.asked).toEqual(['/simple/salute/', '/salute-1.0-py3-none-any.whl']);
    expect(await turn('run-2', 'salute; type -p salute')).toBe('salutations\n/data/.local/bin/salute');
  });
});

const MEGABYTE = 1 << 20;
const LIMITS = {
  deadlineMs: 60_000,
  memoryBytes: 1024 * MEGABYTE,
  processes: 256,
  cpuSeconds: 60,
  cpus: 2,
  fileBytes: 64 * MEGABYTE,
  openFiles: 1024,
  temporaryBytes: 64 * MEGABYTE,
  outputBytes: MEGABYTE,
};

const attachment = (filename: string, content: Buffer) => ({
  filename,
  contentType: 'application/x-pem-file',
  detectedType: null,
  marks: [],
  contentId: null,
  inline: false,
  content,
});
