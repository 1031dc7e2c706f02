/** The filter as the real kernel applies it inside, and the programs that must go on working under it. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HostileRun, hostileRun } from '../test-support/hostile-run.ts';
import { modes } from '../test-support/modes.ts';
import { filterArchitecture } from './filter.ts';
import { absentCalls, judgedCalls, refusedCalls } from './syscalls.ts';

const architecture = filterArchitecture(process.arch);
const numberOf = (name: string) =>
  architecture === null ? null : { ...refusedCalls, ...absentCalls, ...judgedCalls }[name]?.[architecture];

describe.each(modes)('under the seccomp filter ($name)', (mode) => {
  let run: HostileRun;
  beforeAll(async () => {
    run = await hostileRun(mode);
  });
  afterAll(() => run.dispose());

  /** Makes raw system calls inside and gives the name and errno of each, 0 for success. */
  const call = async (calls: readonly (readonly [name: string, ...words: string[]])[]) => {
    const script = calls
      .map(([name, ...words]) => {
        const padded = [...words, '0', '0', '0', '0', '0', '0'].slice(0, 6);
        return `$! = 0; $r = syscall(${numberOf(name)}, ${padded.join(', ')}); print "${name} ", ($r == -1 ? $!+0 : 0), "\\n";`;
      })
      .join('\n');
    const result = await run.bash(`perl -e '${script}'`);
    return result.stdout.trim().split('\n');
  };

  it.skipIf(!existsSync('/usr/bin/perl'))(
    'refuses calls that the kernel alone would allow here',
    async () => {
      // Every one of these succeeds, or fails otherwise, for an ordinary process without the filter.
      const calls = [
        ['unshare', '0'],
        ['ptrace', '0'],
        ['keyctl', '0', '-3'],
        ['add_key'],
        ['request_key'],
        ['mount'],
        ['personality', '0xffffffff'],
        ['get_mempolicy'],
        ['name_to_handle_at', '-1'],
        ['process_vm_readv', '1'],
        ['perf_event_open'],
        ['bpf'],
        ['userfaultfd'],
        ['adjtimex'],
        ['setns', '-1'],
        ['fsopen'],
        ['open_tree', '-100'],
        ['pidfd_getfd', '-1'],
      ] as const;
      expect(await call(calls)).toEqual(calls.map(([name]) => `${name} 1`));
    },
  );

  it.skipIf(!existsSync('/usr/bin/perl'))('has no io_uring, clone3, memfd or System V memory', async () => {
    const names = ['io_uring_setup', 'clone3', 'memfd_create', 'shmget', 'msgget', 'semget', 'mq_open'];
    const outcomes = await call(names.map((name) => [name, '0', '4096', '950']));
    expect(outcomes).toEqual(names.map((name) => `${name} 38`));
  });

  it.skipIf(!existsSync('/usr/bin/perl'))('judges sockets and clone by their arguments', async () => {
    const [NETLINK, PACKET, VSOCK, ALG] = ['16', '17', '40', '38'];
    const refused = [NETLINK, PACKET, VSOCK, ALG].map((family) => ['socket', family, '2', '0'] as const);
    expect(
      await call([
        ...refused,
        ['socket', '2', '1', '262'],
        ['socket', '2', '1', '0'],
        ['clone', '0x10000011'],
      ]),
    ).toEqual([...refused.map(() => 'socket 97'), 'socket 93', 'socket 0', 'clone 1']);
  });

  it('Node runs with threads, children, files being watched, WebAssembly and a server', async () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const { execFileSync } = require('node:child_process');
      const fs = require('node:fs');
      const http = require('node:http');
      (async () => {
        const thread = await new Promise((r) => new Worker('require("node:worker_threads").parentPort.postMessage("thread")', { eval: true }).on('message', r));
        const child = execFileSync('sh', ['-c', 'echo child']).toString().trim();
        const watched = new Promise((r) => { const w = fs.watch('/data', () => { w.close(); r('watch'); }); });
        fs.writeFileSync('/data/file', 'x');
        await watched;
        const wasm = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
        const server = http.createServer((q, s) => s.end('http')).listen(0, '127.0.0.1');
        await new Promise((r) => server.on('listening', r));
        const text = await (await fetch('http://127.0.0.1:' + server.address().port)).text();
        server.close();
        console.log(thread, child, await watched, wasm instanceof WebAssembly.Module, text);
      })();`;
    const result = await run.node(program);
    expect(result).toMatchObject({ stdout: 'thread child watch true http\n', exitCode: 0 });
  });

  it('bash runs with pipes, here-documents, jobs and process substitution', async () => {
    const script =
      'cat <<< here; sleep 0.01 & wait $!; diff <(echo a) <(echo a) && echo same; seq 3 | tac | head -1';
    expect((await run.bash(script)).stdout).toBe('here\nsame\n3\n');
  });

  it.skipIf(!existsSync('/usr/bin/python3'))('Python runs with processes, threads and SQLite', async () => {
    const program = `import subprocess, threading, sqlite3, tempfile, socket
print(subprocess.check_output(["echo", "sub"]).decode().strip())
t = threading.Thread(target=lambda: print("thread")); t.start(); t.join()
print(sqlite3.connect("/data/x.db").execute("select 1").fetchone())
s = socket.socket(); s.bind(("127.0.0.1", 0)); print("socket")`;
    const result = await run.bash(`/usr/bin/python3 -c '${program}'`);
    expect(result.stdout).toBe('sub\nthread\n(1,)\nsocket\n');
  });

  it.skipIf(!existsSync('/usr/bin/git'))('git commits', async () => {
    const script =
      'git init -q . && echo x > f && git add f && git -c user.name=a -c user.email=a@b commit -qm first && git log --format=%s';
    expect((await run.bash(script)).stdout).toBe('first\n');
  });
});
