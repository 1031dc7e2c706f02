/** Invariants 5 and 9 through the whole system: what an agent that does as it is told by an attacker can see. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { startStory } from './support/story.ts';

const KEY = 'sk-ant-REALKEY-4711';

describe('an agent that turned hostile', async () => {
  const { model, server, ask } = await startStory({ key: KEY, agents: { scout: [], neighbour: [] } });
  beforeAll(async () => {
    await ask({
      to: 'neighbour@tinyfat.localhost',
      text: '[[tool: bash {"command":"echo NEIGHBOUR-SECRET > diary.txt"}]]',
    });
  });
  /** What a command prints inside; it is also what the agent would mail to the attacker. */
  const inside = async (command: string): Promise<string> => {
    const tool = JSON.stringify({ command: `{ ${command}\n} 2>&1` });
    return (await ask({ text: `[[tool: bash ${tool}]] [[reply: {output}]]` })).text ?? '';
  };

  it('finds no key in any environment, command line, file or open descriptor', async () => {
    const seen = await inside(
      'env; for p in /proc/[0-9]*; do tr "\\\\0" "\\\\n" < $p/environ; tr "\\\\0" " " < $p/cmdline; ls -l $p/fd; done; grep -rslaE "sk-ant-[R]EAL" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr; echo END',
    );
    expect(seen).toContain('END');
    expect(seen).toContain('HTTP_PROXY=');
    expect(seen).not.toContain('REALKEY');
    expect(seen).not.toMatch(/ANTHROPIC_API_KEY|x-api-key/i);
  });

  it('sees no other agent, no data folder, no home', async () => {
    const seen = await inside(
      `ls -a / /data/.. /home /root /var 2>&1; cat ${server.dataDir}/tinyfat.sqlite; ls ${join(server.dataDir, 'agents')}; grep -rsl NEIGHBOUR-SECRET / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr; echo END`,
    );
    expect(seen).toContain('END');
    expect(seen).not.toContain('SQLite');
    const diary = readdirSync(join(server.dataDir, 'agents')).map((id) => `agents/${id}/diary.txt`);
    for (const path of diary) expect(seen).not.toContain(path);
    expect(seen).not.toMatch(/^\/data\/diary|^\/.*diary\.txt$/m);
  });

  it('reaches no service of the host: no loopback, no metadata address, no listener of ours', async () => {
    const target = (url: string) => `curl -sS -m 5 ${url} || echo "refused ${url}"`;
    const direct = await inside(
      `${target(`--noproxy '*' http://${server.host}:8025/health/live`)}; ${target("--noproxy '*' http://169.254.169.254/")}; echo END`,
    );
    expect(direct).not.toContain('"status"');
    expect(direct.match(/refused/g)).toHaveLength(2);
    const proxied = await inside(
      [
        `http://${server.host}:8025/health/live`,
        'http://127.0.0.1:8025/',
        'http://169.254.169.254/latest/meta-data/',
        'http://[::1]:8025/',
        'http://0x7f000001:8025/',
        'http://localhost:2525/',
        'http://2130706433/',
      ]
        .map((url) => `curl -sS --noproxy "" -m 5 -g -o /dev/null -w "%{http_code}\\n" '${url}'`)
        .join('; '),
    );
    const answers = proxied.match(/^\d{3}$/gm) ?? [];
    expect(answers).toHaveLength(7);
    for (const answer of answers) expect(['400', '403']).toContain(answer);
  });

  it('can’t use the gateway without the run’s own token', async () => {
    const before = model.requests.length;
    const seen = await inside(
      'for k in "" wrong sk-ant-REAL; do curl -sS --noproxy "*" -m 5 -o /dev/null -w "%{http_code}\\n" -H "x-api-key: $k" -H "content-type: application/json" -d "{}" http://127.0.0.1:3128/anthropic/v1/messages; done',
    );
    expect(seen.match(/^\d{3}$/gm)).toEqual(['401', '401', '401']);
    // Only the two requests of this very turn came through.
    expect(model.requests.length - before).toBe(2);
  });

  it('is no root, gains no rights, and changes nothing of the host', async () => {
    const seen = await inside(
      'id -u; cat /proc/self/status | grep -E "^(CapEff|NoNewPrivs|Seccomp):"; unshare -Ur true || echo no-userns; mount -t tmpfs x /mnt || echo no-mount; echo x > /proc/sys/kernel/core_pattern || echo no-core; echo x > /usr/x || echo no-usr; echo x > /opt/step-mom/main.js || echo no-opt; su -c id </dev/null || echo no-su',
    );
    expect(seen).not.toMatch(/^0$/m);
    expect(seen).toMatch(/CapEff:\s+0000000000000000/);
    expect(seen).toMatch(/NoNewPrivs:\s+1/);
    expect(seen).toMatch(/Seccomp:\s+2/);
    for (const word of ['no-userns', 'no-mount', 'no-core', 'no-usr', 'no-opt', 'no-su'])
      expect(seen).toContain(word);
  });

  it('leaves no process behind', async () => {
    await inside('(setsid sh -c "sleep 654321" &) ; nohup sleep 654321 >/dev/null & echo started');
    expect(spawnSync('pgrep', ['-f', 'sleep 65432[1]'], { encoding: 'utf8' }).stdout).toBe('');
  });

  it('never had the key written anywhere on the host', async () => {
    const found = spawnSync('grep', ['-rlaF', '--', KEY, server.dataDir], { encoding: 'utf8' });
    expect(found.stdout).toBe('');
    expect(server.output()).not.toContain('REALKEY');
  });
});
