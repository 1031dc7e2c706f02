import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const CHILD = fileURLToPath(new URL('./test-support/faulty-server.ts', import.meta.url));

interface Ended {
  code: number | null;
  stdout: string[];
  lines: { level: string; event: string; error: string }[];
}

function run(when: string): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CHILD, when], (error, stdout, stderr) => {
      const lines = stderr
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout: stdout.trim().split('\n'), lines });
    });
  });
}

describe('a fault that nothing caught', () => {
  it.each(['listener', 'rejection'])(
    'in a %s is one line with its stack, the end of listening, and exit 1',
    async (when) => {
      const { code, stdout, lines } = await run(when);
      expect(code).toBe(1);
      expect(stdout).toEqual(['stopping', 'closed']);
      expect(lines).toMatchObject([{ level: 'error', event: 'server_fault' }]);
      expect(lines[0]?.error).toMatch(new RegExp(`^Error: fault: ${when}\n +at .*faulty-server`));
    },
  );

  it('during the start exits at once', async () => {
    const { code, stdout, lines } = await run('start');
    expect([code, stdout]).toEqual([1, ['']]);
    expect(lines).toMatchObject([{ event: 'server_fault' }]);
  });

  it('during a stop lets the stop go on, and is no good end', async () => {
    const { code, stdout, lines } = await run('during-stop');
    expect(code).toBe(1);
    expect(stdout).toContain('closed');
    expect(lines).toMatchObject([{ event: 'server_fault' }]);
    expect((await run('good-stop')).code).toBe(0);
  });

  it('exits also where the stop fails or never ends', async () => {
    const failed = await run('stop-throws');
    expect([failed.code, failed.stdout]).toEqual([1, ['stopping', 'closed']]);
    expect(failed.lines.map(({ event }) => event)).toEqual(['server_fault', 'stop_failed']);
    const hung = await run('stop-hangs');
    expect([hung.code, hung.stdout]).toEqual([1, ['stopping', 'closed']]);
  });

  it('that is followed by many others stops once, and does not fill the log', async () => {
    const { code, stdout, lines } = await run('again');
    expect([code, stdout]).toEqual([1, ['stopping', 'closed']]);
    expect(lines).toHaveLength(20);
  });

  it('needs neither a log that works nor a value that can be shown', async () => {
    const silent = await run('logger');
    expect([silent.code, silent.stdout]).toEqual([1, ['stopping', 'closed']]);
    const odd = await run('odd');
    expect(odd.code).toBe(1);
    expect(odd.lines).toMatchObject([{ event: 'server_fault', error: 'a fault that has no text' }]);
  });
});
