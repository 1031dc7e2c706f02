/** Programs that try to use up the machine, and those that try to stay. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processesWith, uniqueSleep } from './test-support/host-processes.ts';
import { type HostileRun, hostileRun, limited } from './test-support/hostile-run.ts';
import { modes } from './test-support/modes.ts';

const MEBIBYTE = 1 << 20;

describe.each(modes)('a greedy program ($name)', (mode) => {
  let run: HostileRun;
  beforeAll(async () => {
    run = await hostileRun(mode);
  });
  afterAll(() => run.dispose());

  it('that is a fork bomb is ended, and nothing of it is left', async () => {
    const mark = uniqueSleep();
    // A shell gives up when its forks are refused, which can be before anybody has looked; these never end by themselves.
    const script = `exec perl -e 'for (1 .. 9) { fork; select(undef, undef, undef, 0.02) } sleep' ${mark}`;
    const result = await run.bash(script, limited({ deadlineMs: 15_000, processes: 48 }));
    expect(result.stopped).toBe('processes');
    expect(processesWith(mark)).toEqual([]);
  });

  it('that takes all memory in one process is ended', async () => {
    const program = 'const all = []; for (;;) all.push(Buffer.alloc(4 << 20, 1))';
    const result = await run.node(program, limited({ memoryBytes: 200 * MEBIBYTE }));
    expect(result.stopped).toBe('memory');
  });

  it('that takes it in many processes is limited or ended', async () => {
    const hog = `const b = Buffer.alloc(${60 * MEBIBYTE}, 1); setInterval(() => b[0], 1000)`;
    const script = `for i in 1 2 3 4 5 6; do node -e '${hog}' & done; wait`;
    // Where the kernel kills single processes, the program goes on until the deadline.
    const deadlineMs = mode.cgroups ? 2_500 : 20_000;
    const limits = limited({ memoryBytes: 200 * MEBIBYTE, processes: 200, deadlineMs });
    const result = await run.bash(script, limits);
    // The kernel's cgroup kills those that are too many and lets the rest be; the watchdog ends all.
    if (mode.cgroups) expect(result.peakMemoryBytes).toBeLessThanOrEqual(200 * MEBIBYTE);
    else expect(result.stopped).toBe('memory');
  });

  it('that fills /tmp and /dev/shm is refused', async () => {
    const script = `for d in /tmp /dev/shm; do
      for i in 1 2 3 4; do head -c 60000000 /dev/zero > $d/$i 2>/dev/null; done
      du -sk $d | cut -f1; done`;
    const result = await run.bash(script, limited({ temporaryBytes: 8 * MEBIBYTE }));
    const [temporary = 0, shared = 0] = result.stdout.split('\n').map(Number);
    expect(temporary).toBeGreaterThan(0);
    expect(temporary).toBeLessThanOrEqual(8 * 1024);
    expect(shared).toBeLessThanOrEqual(64 * 1024);
  });

  it('that floods its output is ended and cut', async () => {
    const result = await run.bash(
      'for i in 1 2 3 4; do yes & yes >&2 & done; wait',
      limited({ outputBytes: 5000 }),
    );
    expect(result.stopped).toBe('output');
    expect(result.stdout.length + result.stderr.length).toBe(5000);
  });

  it('that breeds processes in sessions of their own is ended, and nothing of it is left', async () => {
    const mark = uniqueSleep();
    const script = `exec perl -MPOSIX -e 'for (1 .. 9) { fork; POSIX::setsid(); select(undef, undef, undef, 0.02) } sleep' ${mark}`;
    const result = await run.bash(script, limited({ deadlineMs: 15_000, processes: 48 }));
    expect(result.stopped).toBe('processes');
    expect(processesWith(mark)).toEqual([]);
  });

  it('that never stops to fork, while nothing may be forked any more, is ended soon', async () => {
    const result = await run.bash(`exec perl -e 'fork while 1'`, limited({ processes: 48 }));
    expect(result.stopped).toBe('processes');
    // Neither the server nor pid 1 inside starves.
    expect(result.durationMs).toBeLessThan(10_000);
  });

  it('that ignores every signal is ended', async () => {
    const mark = uniqueSleep();
    const script = `trap '' TERM INT HUP XCPU QUIT; (trap '' TERM; sleep ${mark}) & echo ready; while :; do sleep ${mark}; done`;
    const running = run.start(['bash', '-c', script], { onStdout: () => running.cancel() });
    expect(await running.finished).toMatchObject({ stopped: 'cancelled', signal: 'SIGKILL', exitCode: null });
    expect(processesWith(mark)).toEqual([]);
  });

  it('that leaves processes in the background leaves none', async () => {
    const mark = uniqueSleep();
    const script = `exec 3>&1 1>/dev/null 2>&1
      setsid sleep ${mark} & nohup sleep ${mark} & disown -a
      (setsid bash -c 'trap "" TERM HUP; (sleep ${mark} < /dev/null > /dev/null 2>&1 3>&- &) ; exec sleep ${mark}' 3>&- &)
      ( ( sleep ${mark} 3>&- & ) & )
      until [ "$(pgrep -cf 'sleep ${mark}')" -ge 5 ] || ! command -v pgrep; do :; done
      echo done >&3`;
    const result = await run.bash(script);
    expect(result).toMatchObject({ exitCode: 0, stopped: null, stdout: 'done\n' });
    expect(processesWith(mark)).toEqual([]);
  });

  it('can’t make the host start its core dump program, nor leave a core file', async () => {
    const result = await run.bash(
      'ulimit -c; ulimit -c 0 2>/dev/null; ulimit -c unlimited 2>/dev/null; grep core /proc/self/limits; (kill -SEGV $BASHPID); ls',
    );
    expect(result.stdout).toMatch(/Max core file size\s+1\s+1\s+bytes/);
    expect(result.stdout).not.toMatch(/^core/m);
  });
});
