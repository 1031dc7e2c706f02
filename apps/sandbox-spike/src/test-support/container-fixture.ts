/** The runner of containers over stand-ins for containers, the bucket and the model, in this process. */
import { type TurnRunnerFixture, testUpstream } from '@tinyfat/contracts';
import { hostBodies, type InterceptedGateway, WORKER_LIMITS } from '@tinyfat/gateway';
import { type Bucket, bucketFolders, openBucket } from '@tinyfat/storage';
import { startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type ContainerStandIn, startContainerStandIn } from '@tinyfat/testing/stand-ins/container/server';
import { startS3StandIn } from '@tinyfat/testing/stand-ins/s3/server';
import { type ContainerLimits, containerRunner } from '../container/container-runner.ts';
import { answerFor } from '../container/gateway-url.ts';
import { TURN_LIMITS } from '../container/limits.ts';
import { standInContainer } from './stand-in-container.ts';

const AGENT = 'agent-1';

interface ContainerFixture extends TurnRunnerFixture {
  containers: ContainerStandIn;
  bucket: Bucket;
  warnings: string[];
  model: Awaited<ReturnType<typeof startAnthropicStandIn>>;
}

/** Opens it; `egress` answers what goes to the internet, and `storage` stands between the runner and its bucket. */
export async function openContainerRunner({
  limits = {},
  egress = async () => new Response('the internet'),
  storage = (bucket) => bucket,
}: {
  limits?: Partial<ContainerLimits>;
  egress?: (url: string) => Promise<Response>;
  storage?: (bucket: Bucket) => Bucket;
} = {}): Promise<ContainerFixture> {
  const s3 = await startS3StandIn();
  const { url: endpoint, bucket: name, accessKeyId, secretAccessKey } = s3;
  const bucket = openBucket(
    { endpoint, bucket: name, region: 'auto', credentials: { accessKeyId, secretAccessKey } },
    { clock: Date.now, random: Math.random },
  );
  const model = await startAnthropicStandIn();
  let gateway: InterceptedGateway | null = null;
  const containers = await startContainerStandIn((_container, request) => answerFor(gateway, request));
  const warnings: string[] = [];
  const runner = containerRunner({
    container: standInContainer(containers.url, AGENT),
    bucket: storage(bucket),
    root: '',
    gateways: {
      now: Date.now,
      // Node's types of `fetch` know no body of any kind of bytes.
      llmFetch: (url, init) => fetch(url, init as RequestInit),
      egressFetch: egress,
      bodies: hostBodies(WORKER_LIMITS.llmHostBytes),
      limits: WORKER_LIMITS,
    },
    upstreams: (upstream) => testUpstream(upstream, model.url),
    limits: { ...TURN_LIMITS, lookEveryMs: 200, ...limits },
    clock: Date.now,
    logger: { warn: (event, fields) => void warnings.push(`${event} ${JSON.stringify(fields)}`) },
    onGateway(opened) {
      gateway = opened;
    },
    onGatewayEvent: () => {},
  });
  return {
    runner,
    folders: bucketFolders({ bucket, root: '', clock: Date.now }),
    model,
    containers,
    bucket,
    warnings,
    async dispose() {
      await containers.close();
      await model.close();
      await s3.close();
    },
  };
}
