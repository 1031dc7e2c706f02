import { testLimits } from '@tinyfat/contracts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Fixture, modes } from './test-support/modes.ts';

const [mode] = modes;
let fixture: Fixture;
beforeEach(async () => {
  if (mode === undefined) throw new Error('no way to run a sandbox');
  fixture = await mode.make();
});
afterEach(() => fixture.dispose());

it('a fault while the output of a run is taken ends that run and is its failure', async () => {
  const run = fixture.sandbox.start({
    runId: 'faulty',
    dataFolder: await fixture.folder(),
    inboxFolder: await fixture.folder(),
    platformFolders: {},
    command: ['node', '-e', 'setInterval(() => console.log("x"), 5)'],
    environment: {},
    limits: testLimits,
    onStdout: () => {
      throw new Error('broken');
    },
  });
  await expect(run.finished).rejects.toThrow('broken');
});
