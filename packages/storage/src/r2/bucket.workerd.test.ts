import { bucketContract } from '@tinyfat/contracts/bucket';
import { bucket, empty } from '../test-support/r2.ts';

bucketContract('r2', async () => ({ bucket, dispose: empty }));
