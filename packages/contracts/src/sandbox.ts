/** Behaviour suite of `Sandbox`; every implementation runs it. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Sandbox, SandboxLimits, SandboxRequest } from '@tinyfat/sandbox';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** A sandbox, folders for it, and how to throw all away. */
export interface SandboxFixture {
  sandbox: Sandbox;
  /** A fresh empty folder of the host that the program inside may write to where it is bound read-write. */
  folder(): Promise<string>;
  dispose(): Promise<void>;
}

const MEBIBYTE = 1 << 20;

/** Small limits that suit programs of these tests. */
export const testLimits: SandboxLimits = {
  deadlineMs: 20_000,
  memoryBytes: 512 * MEBIBYTE,
  processes: 64,
  cpuSeconds: 20,
  cpus: 2,
  fileBytes: 8 * MEBIBYTE,
  openFiles: 256,
  temporaryBytes: 4 * MEBIBYTE,
  outputBytes: MEBIBYTE,
};

/** A server as a gateway is one: a socket that the user inside may connect to. */
async function listen(path: string, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => serve(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen({ path, writableAll: true }, resolve));
  return server;
}

export function sandboxContract(name: string, make: () => Promise<SandboxFixture>): void {
  describe(`Sandbox: ${name}`, () => {
    let fixture: SandboxFixture;
    let data: string;
    let inbox: string;
    beforeAll(async () => {
      fixture = await make();
    });
    afterAll(() => fixture.dispose());
    beforeEach(async () => {
      data = await fixture.folder();
      inbox = await fixture.folder();
    });

    const start = (command: string[], more: Partial<SandboxRequest> = {}) =>
      fixture.sandbox.start({
        runId: 'contract-run',
        dataFolder: data,
        inboxFolder: inbox,
        platformFolders: {},
        command,
        environment: {},
        limits: testLimits,
        ...more,
      });
    const run = (command: string[], more: Partial<SandboxRequest> = {}) => start(command, more).finished;
    const shell = (script: string, more: Partial<SandboxRequest> = {}) => run(['bash', '-c', script], more);
    const limited = (limits: Partial<SandboxLimits>) => ({ limits: { ...testLimits, ...limits } });

    it('says in its probe that it works', async () => {
      expect(await fixture.sandbox.probe()).toMatchObject({ ok: true });
    });

    it('gives exit code, stdout and stderr', async () => {
      const result = await shell('echo out; echo err >&2; exit 7');
      expect(result).toMatchObject({
        exitCode: 7,
        signal: null,
        stopped: null,
        stdout: 'out\n',
        stderr: 'err\n',
      });
      expect(result.durationMs).toBeGreaterThan(0);
    });

    it('passes arguments as they are', async () => {
      const words = ['a b', '$HOME', '"', "'", '', '*', '--', 'ü'];
      const result = await run(['printf', '[%s]', ...words]);
      expect(result.stdout).toBe(words.map((word) => `[${word}]`).join(''));
    });

    it('ends as a shell does when the program is not there', async () => {
      expect(await run(['no-such-program'])).toMatchObject({ exitCode: 127, stopped: null });
    });

    it('shows the agent its folder at /data, where it begins and may write', async () => {
      await writeFile(join(data, 'before.txt'), 'before');
      const result = await shell('pwd; cat before.txt; echo new > after.txt');
      expect(result).toMatchObject({ exitCode: 0, stdout: '/data\nbefore' });
      expect(await readFile(join(data, 'after.txt'), 'utf8')).toBe('new\n');
    });

    it('shows /inbox and the platform’s folders, read-only', async () => {
      const platform = await fixture.folder();
      await writeFile(join(inbox, 'input.json'), '{}');
      await writeFile(join(platform, 'main.js'), 'console.log("step")');
      const result = await shell(
        'cat /inbox/input.json; cat /opt/step-mom/main.js; echo; for f in /inbox/x /inbox/input.json /opt/step-mom/main.js; do echo x 2>/dev/null > $f || echo refused; done',
        { platformFolders: { '/opt/step-mom': platform } },
      );
      expect(result.stdout).toBe('{}console.log("step")\nrefused\nrefused\nrefused\n');
      expect(existsSync(join(inbox, 'x'))).toBe(false);
    });

    it('shows a writable folder where one is given', async () => {
      const cache = await fixture.folder();
      await shell('echo warm > /opt/cache/file', { writableFolders: { '/opt/cache': cache } });
      expect(await readFile(join(cache, 'file'), 'utf8')).toBe('warm\n');
    });

    it('sets exactly the environment asked for, besides PATH, HOME, TMPDIR and LANG', async () => {
      const program = 'console.log(JSON.stringify(process.env))';
      const result = await run(['node', '-e', program], { environment: { GREETING: 'hi there' } });
      expect(JSON.parse(result.stdout)).toEqual({
        GREETING: 'hi there',
        HOME: '/data',
        TMPDIR: '/tmp',
        LANG: 'C.UTF-8',
        PATH: expect.stringContaining('/usr/bin'),
      });
    });

    it('runs the host’s own Node for `node`, never as root', async () => {
      const result = await run(['node', '-p', 'process.version + " " + (process.getuid() !== 0)']);
      expect(result.stdout).toBe(`${process.version} true\n`);
    });

    it('has node in PATH', async () => {
      expect(await shell('node -p 6*7')).toMatchObject({ exitCode: 0, stdout: '42\n' });
    });

    it('gives stdout piece by piece as it comes', async () => {
      let seen = '';
      // The program goes on only when the test has seen its first line.
      const script = 'echo first; until [ -e go ]; do sleep 0.01; done; echo second';
      const result = await shell(script, {
        onStdout: (chunk) => {
          seen += new TextDecoder().decode(chunk);
          if (seen === 'first\n') void writeFile(join(data, 'go'), '');
        },
      });
      expect(result).toMatchObject({ stopped: null, stdout: 'first\nsecond\n' });
      expect(seen).toBe('first\nsecond\n');
    });

    it('separates two runs', async () => {
      const other = await fixture.folder();
      await writeFile(join(other, 'secret.txt'), 'theirs');
      const [first, second] = await Promise.all([
        shell('ls -A /data; echo mine > /tmp/mine; ls /tmp'),
        shell('cat secret.txt; ls /tmp', { dataFolder: other, runId: 'contract-other' }),
      ]);
      expect(first.stdout).toBe('mine\n');
      expect(second.stdout).toBe('theirs');
    });

    it('can run the same run again', async () => {
      for (const word of ['once', 'again']) expect((await shell(`echo ${word}`)).stdout).toBe(`${word}\n`);
    });

    describe('the way out', () => {
      const connect = (path: string) =>
        `require('node:net').connect('${path}').on('data', (d) => { console.log(String(d)); process.exit(0) }).on('error', (e) => { console.log(e.code); process.exit(1) })`;

      it('is the gateway’s socket', async () => {
        const gatewaySocket = join(await fixture.folder(), 'gateway.sock');
        const server = await listen(gatewaySocket, (socket) => socket.end('hello from the gateway'));
        const result = await run(['node', '-e', connect('/run/gateway.sock')], { gatewaySocket });
        server.close();
        expect(result.stdout).toBe('hello from the gateway\n');
      });

      it('is nothing where no socket is given', async () => {
        expect((await run(['node', '-e', connect('/run/gateway.sock')])).stdout).toBe('ENOENT\n');
      });
    });

    describe('a limit', () => {
      it('of time ends the run', async () => {
        const result = await run(['sleep', '600'], limited({ deadlineMs: 300 }));
        expect(result).toMatchObject({ stopped: 'deadline', exitCode: null });
      });

      it('of output ends the run and cuts what it printed', async () => {
        const result = await shell('yes 0123456789', limited({ outputBytes: 10_000 }));
        expect(result).toMatchObject({ stopped: 'output', exitCode: null });
        expect(result.stdout.length + result.stderr.length).toBe(10_000);
      });

      it('of output counts both streams together', async () => {
        const result = await shell('yes out & yes err >&2', limited({ outputBytes: 10_000 }));
        expect(result.stopped).toBe('output');
        expect(result.stdout.length + result.stderr.length).toBe(10_000);
      });

      it('of memory is not passed', async () => {
        const program =
          'console.log("started"); const all = []; for (;;) all.push(Buffer.alloc(8 << 20, 1));';
        const result = await run(['node', '-e', program], limited({ memoryBytes: 256 * MEBIBYTE }));
        expect(result.stdout).toBe('started\n');
        // Either the host ended it, or the allocation failed and so did the program.
        expect(result.stopped === 'memory' || (result.stopped === null && result.exitCode !== 0)).toBe(true);
        if (result.peakMemoryBytes !== null) expect(result.peakMemoryBytes).toBeLessThan(2048 * MEBIBYTE);
      });

      it('of processes is not passed', async () => {
        const program = `const { spawn } = require('node:child_process');
          let started = 0;
          for (let i = 0; i < 400; i++) {
            const child = spawn('sleep', ['600'], { stdio: 'ignore' }).on('error', () => {});
            if (child.pid !== undefined) started += 1;
          }
          // Refused in time, it ends; else it stays with all its children until it is ended.
          if (started < 40) { console.log(started); process.exit(3) }
          setInterval(() => {}, 1000)`;
        const result = await run(['node', '-e', program], limited({ processes: 40 }));
        if (result.stopped !== 'processes') expect(result).toMatchObject({ exitCode: 3, stopped: null });
      });

      it('of CPU time ends the program', async () => {
        const result = await run(['bash', '-c', 'while :; do :; done'], limited({ cpuSeconds: 1 }));
        expect(result).toMatchObject({ stopped: 'cpu', exitCode: null });
      });

      it('of file size is not passed', async () => {
        await shell('head -c 3000000 /dev/zero > big', limited({ fileBytes: MEBIBYTE }));
        expect((await readFile(join(data, 'big'))).length).toBe(MEBIBYTE);
      });

      it('of /tmp is not passed', async () => {
        const script = 'head -c 100000000 /dev/zero > /tmp/big; stat -c %s /tmp/big';
        const result = await shell(script, limited({ temporaryBytes: MEBIBYTE, fileBytes: 1 << 30 }));
        expect(Number(result.stdout)).toBeLessThanOrEqual(MEBIBYTE);
      });

      it('of open files is not passed', async () => {
        const program = `const fs = require('node:fs'); let open = 0;
          try { for (;;) { fs.openSync('/dev/null'); open += 1 } } catch (error) { console.log(error.code, open < 64) }`;
        expect((await run(['node', '-e', program], limited({ openFiles: 64 }))).stdout).toBe('EMFILE true\n');
      });
    });

    describe('cancel', () => {
      it('kills everything inside', async () => {
        const running = start(['bash', '-c', 'echo begun; sleep 600'], { onStdout: () => running.cancel() });
        expect(await running.finished).toMatchObject({
          stopped: 'cancelled',
          exitCode: null,
          stdout: 'begun\n',
        });
      });

      it('works at any moment of the start', async () => {
        for (const milliseconds of [0, 1, 2, 4, 6, 8, 12, 16]) {
          const running = start(['sleep', '600']);
          if (milliseconds === 0) running.cancel();
          else setTimeout(() => running.cancel(), milliseconds);
          expect((await running.finished).stopped).toBe('cancelled');
        }
      });

      it('changes nothing once the run is over', async () => {
        const running = start(['true']);
        const result = await running.finished;
        running.cancel();
        expect(result).toMatchObject({ stopped: null, exitCode: 0 });
      });
    });

    it('leaves no background process behind', async () => {
      const gatewaySocket = join(await fixture.folder(), 'gateway.sock');
      const ended = Promise.withResolvers<string>();
      const server = await listen(gatewaySocket, (socket) => {
        socket.on('close', () => ended.resolve('closed'));
        socket.resume();
        socket.write('seen');
      });
      const holder = `require('node:net').connect('/run/gateway.sock').on('data', () => require('node:fs').writeFileSync('/data/connected', ''))`;
      const result = await shell(
        `(setsid nohup node -e "${holder}" > /dev/null 2>&1 < /dev/null &) ; until [ -e /data/connected ]; do sleep 0.02; done; echo done`,
        { gatewaySocket },
      );
      expect(result).toMatchObject({ exitCode: 0, stdout: 'done\n', stopped: null });
      // The process that had this connection open is gone, or the test never ends.
      expect(await ended.promise).toBe('closed');
      server.close();
    });

    it('says by a rejection that the sandbox itself could not be set up', async () => {
      const running = start(['true'], { dataFolder: join(data, 'not-there') });
      await expect(running.finished).rejects.toThrow(/set up/);
    });
  });
}
