/** What one process knows of another: for sure on this machine, and nothing of other machines. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { endWorker, workerIdentity } from './worker-identity.ts';

const MODULE = new URL('worker-identity.ts', import.meta.url).href;

/** A process that prints its identity and then sleeps. */
async function otherProcess() {
  const script = `import { workerIdentity } from ${JSON.stringify(MODULE)};
    console.log(workerIdentity('other').id);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  return { child, id: String(line).trim() };
}

it('knows that another process lives, and that it was killed', async () => {
  const { child, id } = await otherProcess();
  const own = workerIdentity('own');
  expect(own.lives(id)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(own.lives(id)).toBe(false);
  endWorker(own);
});

it('does not take a process that got the same number for the one before', async () => {
  const own = workerIdentity('own');
  const [machine, pid] = own.id.split('.');
  expect(own.lives([machine, pid, '1', 'before'].join('.'))).toBe(false);
  endWorker(own);
});

it('knows each of several workers of one process, until it ends', () => {
  const [one, two] = [workerIdentity('one'), workerIdentity('two')];
  expect([one.lives(two.id), two.lives(one.id)]).toEqual([true, true]);
  endWorker(two);
  expect([one.lives(two.id), one.lives(one.id)]).toEqual([false, true]);
  endWorker(one);
});

it.each(['', 'x', '0123456789abcdef.1.1.name', '../../proc/1.1.1.x'])(
  'knows nothing of %j, which is of another machine',
  (id) => {
    const own = workerIdentity('own');
    expect(own.lives(id)).toBeNull();
    endWorker(own);
  },
);
