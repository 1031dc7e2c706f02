/** `tinyfat doctor` against set-ups that are really broken: it says what is, and changes nothing. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from '@tinyfat/testing/certificates';
import { startDnsStub } from '@tinyfat/testing/stand-ins/dns-stub';
import { startSmtpSink } from '@tinyfat/testing/stand-ins/smtp-sink';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { COMPILED, runCli, startTinyfat } from './support/tinyfat.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PATH = process.env.PATH ?? '';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tinyfat-doctor-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every file below a folder: mode, time of change and contents. */
function snapshot(folder: string): unknown[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { mode, mtimeMs } = lstatSync(path);
      const sum = entry.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return [path, mode, mtimeMs, sum];
    })
    .sort();
}

interface Finding {
  check: string;
  state: string;
  found: string;
  mend: string | null;
  run: string | null;
}

const of = (findings: Finding[], check: string) => findings.find((finding) => finding.check === check);

describe('doctor', () => {
  it('makes nothing: no DATA_DIR, nothing in the checkout, nothing in the folder for scratch files', async () => {
    const [above, scratch] = [makeFolder(), makeFolder()];
    const made = () =>
      [ROOT, join(ROOT, 'dist'), join(ROOT, '.runtime')].map((folder) => readdirSync(folder));
    const before = made();
    const environment = {
      PATH,
      DATA_DIR: join(above, 'data'),
      TMPDIR: scratch,
      PORT: '0',
      SMTP_HOST: '127.9.9.9',
    };
    const command = spawn(join(ROOT, 'bin/tinyfat'), ['doctor'], { env: environment, stdio: 'pipe' });
    const [said, complained, [code]] = await Promise.all([
      text(command.stdout),
      text(command.stderr),
      once(command, 'close'),
    ]);
    expect({ code, complained }).toEqual({ code: 0, complained: '' });
    expect(said).toContain(`${above}/data is not there yet`);
    expect(said).toMatch(/\nnothing broken, \d+ notes\n/);
    expect([readdirSync(above), readdirSync(scratch)]).toEqual([[], []]);
    expect(made()).toEqual(before);
  });

  it('says why mail does not leave, and leaves a data folder and its database as they are', async () => {
    const relay = await startSmtpSink({ tls: makeCertificate({ names: ['127.0.0.1'] }) });
    onTestFinished(() => relay.close());
    const server = await startTinyfat({
      agents: { scout: [] },
      // Long enough that the next try does not come while we look.
      environment: { SMTP_URL: `smtp://127.0.0.1:${relay.port}`, RETRY_BASE_MS: '600000' },
    });
    onTestFinished(() => server.dispose());
    await sendMail(server, { to: 'scout@tinyfat.localhost', subject: '/help', text: '' });
    await eventually(async () => (await server.json(['outbox', 'list']))[0]?.reason).toMatch(/certificate/);
    const reasons: Finding[] = JSON.parse((await server.cli(['doctor', '--json'])).stdout);
    const deliveries = {
      state: 'broken',
      found: expect.stringMatching(/^1 mail could not be sent by smtp and waits .* certificate/),
    };
    expect(of(reasons, 'deliveries')).toMatchObject(deliveries);
    await server.kill('SIGTERM');
    chmodSync(server.dataDir, 0o755);
    const before = snapshot(server.dataDir);
    const told = await server.cli(['doctor', '--json']);
    expect(told.code).toBe(1);
    const findings: Finding[] = JSON.parse(told.stdout);
    expect(of(findings, 'data folder')).toMatchObject({
      state: 'note',
      found: expect.stringContaining('can be entered by other users (mode 0755)'),
    });
    expect(of(findings, 'database')).toMatchObject({ state: 'ok', found: '1 agent of 1 owner' });
    expect(of(findings, 'deliveries')).toMatchObject(deliveries);
    expect(snapshot(server.dataDir)).toEqual(before);
    expect(statSync(server.dataDir).mode & 0o777).toBe(0o755);
  });

  it('--online tells a certificate, a relay, DNS and a key apart, in 80 columns and without a secret', async () => {
    const folder = makeFolder();
    const expired = makeCertificate({
      names: ['mx.agents.example'],
      from: new Date(Date.now() - 90 * 86_400_000),
      until: new Date(Date.now() - 86_400_000),
    });
    writeFileSync(join(folder, 'cert.pem'), expired.cert);
    writeFileSync(join(folder, 'key.pem'), expired.key, { mode: 0o600 });
    const relay = await startSmtpSink({ login: { user: 'me', password: 'right' } });
    const names = await startDnsStub({
      'agents.example': {
        MX: [{ priority: 10, exchange: 'gone.example' }],
        TXT: ['v=spf1 mx -all', 'v=spf1 -all'],
      },
    });
    const model = createServer((_, response) => {
      response.writeHead(401, { 'content-type': 'application/json' });
      response.end('{"error":{"type":"authentication_error","message":"invalid x-api-key"}}');
    }).listen(0, '127.0.0.1');
    await once(model, 'listening');
    onTestFinished(async () => {
      model.close();
      await Promise.all([relay.close(), names.close()]);
    });
    const address = model.address();
    const { stdout, stderr, code } = await runCli(['doctor', '--online'], {
      PATH,
      DATA_DIR: join(folder, 'data'),
      PORT: '0',
      SMTP_HOST: '127.0.0.1',
      MAIL_DOMAIN: 'agents.example',
      DNS_SERVERS: names.address,
      SMTP_TLS_CERT: join(folder, 'cert.pem'),
      SMTP_TLS_KEY: join(folder, 'key.pem'),
      SMTP_URL: `smtp://me:hunter2-relay@127.0.0.1:${relay.port}`,
      ANTHROPIC_API_KEY: 'hunter2-model',
      ANTHROPIC_BASE_URL: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    const line = (check: string) =>
      new RegExp(`^broken {2}${check.padEnd(16)}(.*(?:\\n {24}.*)*)`, 'm')
        .exec(stdout)?.[1]
        ?.replace(/\s+/g, ' ');
    expect(line('certificate')).toMatch(/^expired on .* \(for mx\.agents\.example, until /);
    expect(line('relay')).toContain('did not accept the login');
    expect(line('mx')).toBe('gone.example has no address');
    expect(line('spf')).toContain('agents.example has 2 SPF records');
    expect(line('model key')).toContain('refuses it (401: invalid x-api-key)');
    expect(stdout).toMatch(/^ok {6}resolver {8}127\.0\.0\.1:\d+ \(DNS_SERVERS\)$/m);
    expect(stdout).toMatch(/^note {4}dmarc {11}agents\.example has no DMARC record$/m);
    expect(stdout).toContain('\n5 broken (certificate, mx, spf, relay, model key), ');
    expect(Math.max(...stdout.split('\n').map((one) => one.length))).toBeLessThanOrEqual(80);
    expect(stdout).not.toContain('hunter2');
    expect(readdirSync(folder).sort()).toEqual(['cert.pem', 'key.pem']);
  });

  const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

  /** Runs doctor after a line of shell that changes what is mounted, for it alone. */
  function afterMounting(script: string, dataDir: string, wanted = 1): Finding[] {
    const main = join(ROOT, 'apps/cli/src/main.ts');
    const words = [
      '-m',
      'sh',
      '-euc',
      `${script}\nexec "$@"`,
      'sh',
      process.execPath,
      main,
      'doctor',
      '--json',
    ];
    const ran = spawnSync('unshare', words, {
      encoding: 'utf8',
      env: { ...COMPILED, PATH, DATA_DIR: dataDir, PORT: '0', SMTP_HOST: '127.9.9.9' },
    });
    expect({ stderr: ran.stderr, status: ran.status }).toEqual({ stderr: '', status: wanted });
    return JSON.parse(ran.stdout);
  }

  it.skipIf(!mayMount)(
    'tells of a full disk, of a read-only one, and of a bwrap that can not be executed (skipped: only root can mount)',
    () => {
      const [dataDir, folder] = [makeFolder(), makeFolder()];
      const bwrap = spawnSync('sh', ['-c', 'command -v bwrap'], { encoding: 'utf8' }).stdout.trim();
      writeFileSync(join(folder, 'closed'), '');
      chmodSync(join(folder, 'closed'), 0o000);
      const full = afterMounting(
        `mount -t tmpfs -o size=1m,mode=700 tmpfs "$DATA_DIR"
         head -c 1m /dev/zero >"$DATA_DIR/full"
         mount --bind ${folder}/closed ${bwrap}`,
        dataDir,
      );
      expect(of(full, 'disk')).toMatchObject({
        state: 'broken',
        found: expect.stringMatching(/^0 MiB .*\(tmpfs\)$/),
      });
      expect(of(full, 'file system')).toMatchObject({
        state: 'note',
        found: 'DATA_DIR is in memory (tmpfs)',
      });
      expect(of(full, 'sandbox')).toMatchObject({
        state: 'broken',
        found: `${bwrap} can not be executed by this user (its mode is 0000)`,
        run: `sudo chmod 755 ${bwrap}`,
      });
      const closed = afterMounting('mount -t tmpfs -o ro,mode=700 tmpfs "$DATA_DIR"', dataDir);
      expect(of(closed, 'data folder')).toMatchObject({
        state: 'broken',
        found: expect.stringContaining('mounted read-only'),
      });
      expect(readdirSync(dataDir)).toEqual([]);
    },
  );

  it.skipIf(!mayMount || !existsSync('/usr/bin/git'))(
    'names a program that agents of this machine can not run, and the line that installs it, and finds nothing broken (skipped: only root can mount)',
    () => {
      const [dataDir, folder] = [makeFolder(), makeFolder()];
      writeFileSync(join(folder, 'closed'), '', { mode: 0o644 });
      const findings = afterMounting(`mount --bind ${folder}/closed /usr/bin/git`, dataDir, 0);
      expect(of(findings, 'sandbox')).toMatchObject({ state: 'ok' });
      expect(of(findings, 'agent tools')).toMatchObject({
        state: 'note',
        found: expect.stringMatching(/^\d+ of \d+ that are recommended are missing: git\b/),
        run: expect.stringMatching(/^apt-get install -y --no-install-recommends git\b/),
      });
    },
  );

  it('shows lines as the checks end where somebody looks', () => {
    const command = `${process.execPath} ${join(ROOT, 'apps/cli/src/main.ts')} doctor`;
    const ran = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      env: {
        ...COMPILED,
        PATH,
        DATA_DIR: join(makeFolder(), 'data'),
        PORT: '0',
        SMTP_HOST: '127.9.9.9',
        TERM: 'dumb',
      },
    });
    const checks = ran.stdout.split(/\r?\n/).flatMap((one) => /^(?:ok|note) +(\S+)/.exec(one)?.[1] ?? []);
    // What needs no waiting comes first, the sandbox last or nearly so, and nothing twice.
    expect(checks.indexOf('node')).toBeLessThan(checks.indexOf('sandbox'));
    expect(checks.indexOf('settings')).toBeLessThan(checks.indexOf('sandbox'));
    expect(ran.stdout).toMatch(/nothing broken, \d+ notes/);
    expect(ran.status).toBe(0);
  });
});
