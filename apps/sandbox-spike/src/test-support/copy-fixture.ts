/** An agent's folder in the stand-in for S3, and a container of the stand-in that it is copied to and from. */
import type { AgentFolders } from '@tinyfat/core';
import { type Bucket, bucketFolders, openBucket } from '@tinyfat/storage';
import { COPY_BOUNDS, type CopyBounds } from '@tinyfat/storage/copy';
import { startContainerStandIn } from '@tinyfat/testing/stand-ins/container/server';
import { type S3StandIn, startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { Container } from '../container/container.ts';
import { type Copied, type CopiedOut, copyIn, copyOut } from '../container/copy/index.ts';
import { standInContainer } from './stand-in-container.ts';

export const SESSION = '01990000-0000-7000-8000-beef00000001';
const PREFIX = 'agents/a/';

export interface CopyFixture {
  storage: S3StandIn;
  bucket: Bucket;
  prefix: string;
  folders: AgentFolders;
  container: Container;
  copyIn(bounds?: Partial<CopyBounds>, from?: Bucket): Promise<Copied>;
  copyOut(copied: Copied, bounds?: Partial<CopyBounds>, to?: Bucket): Promise<CopiedOut>;
  /** Runs a script as the agent, in `/data`. */
  agent(script: string): Promise<string>;
  root(script: string): Promise<string>;
  /** Paths of what is stored. */
  keys(): string[];
  text(path: string): string | undefined;
  meta(path: string): Record<string, string> | undefined;
  /** Paths that were written since `forget`. */
  puts(): string[];
  forget(): void;
}

/** Each test has a new container and a folder in which only `MEMORY.md` lies. */
export function copyFixture(): CopyFixture {
  let containers: Awaited<ReturnType<typeof startContainerStandIn>>;
  let storage: S3StandIn;
  let bucket: Bucket;
  let container: Container;
  beforeAll(async () => {
    containers = await startContainerStandIn(null);
    storage = await startS3StandIn();
    const { url: endpoint, accessKeyId, secretAccessKey } = storage;
    const credentials = { accessKeyId, secretAccessKey };
    const account = { endpoint, bucket: storage.bucket, region: 'auto', credentials };
    bucket = openBucket(account, { clock: Date.now, random: () => -1 });
    container = standInContainer(containers.url, 'one');
  });
  afterAll(async () => {
    await containers.close();
    await storage.close();
  });
  beforeEach(async () => {
    storage.objects.clear();
    storage.meet(() => null);
    await fixture.folders.create('a', { 'MEMORY.md': 'memory' });
    await container.start();
  });

  const run = async (user: 'agent' | 'root', script: string) => {
    const options = { user, folder: '/data' };
    const { stdout, ended } = await container.exec(['bash', '-c', script], options);
    const text = await new Response(stdout).text();
    const { exitCode, stderr } = await ended;
    if (exitCode !== 0) throw new Error(`${exitCode}: ${stderr}`);
    return text;
  };
  const fixture: CopyFixture = {
    get storage() {
      return storage;
    },
    get bucket() {
      return bucket;
    },
    get folders() {
      return bucketFolders({ bucket, root: '', clock: Date.now });
    },
    get container() {
      return container;
    },
    prefix: PREFIX,
    copyIn: (bounds, from = bucket) =>
      copyIn({
        container,
        bucket: from,
        prefix: PREFIX,
        sessionId: SESSION,
        bounds: { ...COPY_BOUNDS, ...bounds },
        clock: Date.now,
      }),
    copyOut: (copied, bounds, to = bucket) =>
      copyOut({
        container,
        bucket: to,
        prefix: PREFIX,
        copied,
        runId: 'run-1',
        bounds: { ...COPY_BOUNDS, ...bounds },
        clock: Date.now,
      }),
    agent: (script) => run('agent', script),
    root: (script) => run('root', script),
    keys: () => [...storage.objects.keys()].map((key) => key.slice(PREFIX.length)).sort(),
    text: (path) => storage.objects.get(`${PREFIX}${path}`)?.bytes.toString(),
    meta: (path) => storage.objects.get(`${PREFIX}${path}`)?.meta,
    puts: () =>
      storage.requests.filter(({ method }) => method === 'PUT').map(({ key }) => key.slice(PREFIX.length)),
    forget() {
      storage.requests.length = 0;
    },
  };
  return fixture;
}
