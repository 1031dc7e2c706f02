import { turnRunnerContract } from '@tinyfat/contracts';
import { openLocalRunner } from '../test-support/local-fixture.ts';

turnRunnerContract('local', () => openLocalRunner());
