import { turnRunnerContract } from '@tinyfat/contracts';
import { inBucket, openLocalRunner } from '../test-support/local-fixture.ts';

turnRunnerContract('local', () => openLocalRunner());
turnRunnerContract('local, with folders in a bucket', async () => await openLocalRunner(await inBucket()));
