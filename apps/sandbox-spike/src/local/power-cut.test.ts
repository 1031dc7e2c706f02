/** A power cut after a reply leaves what the agent wrote in the turn before it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testTurn } from '@tinyfat/contracts';
import { openCuttableDisk } from '@tinyfat/testing/power-cut';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLocalRunner } from '../test-support/local-fixture.ts';

const disk = openCuttableDisk();
let fixture: Awaited<ReturnType<typeof openLocalRunner>>;
beforeAll(async () => {
  if (disk !== null) fixture = await openLocalRunner(join(disk.path, 'agents'));
});
afterAll(async () => {
  await fixture?.dispose();
  disk?.close();
});

it.skipIf(disk === null)(
  'leaves all of it on disk when the turn is over (needs root and loop devices)',
  async () => {
    await fixture.folders.create('agent-1', { 'MEMORY.md': 'before' });
    const commands = [
      'echo learned >> /data/MEMORY.md',
      'mkdir -p /data/work/deep && echo x > /data/work/deep/plan.txt',
      'cd /data/work && git init -q . && git add -A && git commit -qm first && git rev-parse HEAD > /data/head',
    ].join(' && ');
    const text = `[[tool: bash ${JSON.stringify({ command: commands })}]] [[reply: done]]`;
    const upstream = { kind: 'anthropic' as const, payer: 'operator' as const };
    const { outcome } = await fixture.runner.runTurn(
      testTurn('run-1', text, { upstream }),
      new AbortController().signal,
    );
    expect([outcome.ok, fixture.warnings]).toEqual([true, []]);
    disk?.cut((seen) => {
      const read = (name: string) => readFileSync(join(seen, 'agents', 'agent-1', name), 'utf8');
      expect(read('MEMORY.md')).toBe('beforelearned\n');
      expect(read('work/deep/plan.txt')).toBe('x\n');
      expect(read('outbox/email/run-1.json')).toContain('done');
      const head = read('head').trim();
      expect(head).toMatch(/^[0-9a-f]{40}$/);
      const object = join('work', '.git', 'objects', head.slice(0, 2), head.slice(2));
      expect(existsSync(join(seen, 'agents', 'agent-1', object))).toBe(true);
      expect(readFileSync(join(seen, 'agents', 'agent-1', object)).length).toBeGreaterThan(0);
    });
  },
);
