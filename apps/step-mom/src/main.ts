/**
 * Entry point inside the sandbox: `node /opt/step-mom/main.js [--probe]`. It stays tiny, because the compile
 * cache must be on before the rest is loaded. This is the one place that reads the environment.
 *
 * `--data --inbox --skills --socket --port --cache` put other places in the stead of the sandbox's own; with `--gateway`
 * and `--authority` traffic is intercepted instead of sent to a socket.
 */
import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';

const startedAt = Date.now() - Math.round(process.uptime() * 1000);
const args = process.argv.slice(2);
const option = (name: string, usual: string): string => {
  const at = args.indexOf(`--${name}`);
  return at < 0 ? usual : (args[at + 1] ?? usual);
};

const gatewayUrl = option('gateway', '');
const cacheFolder = option('cache', '/var/cache/step-mom');
if (existsSync(cacheFolder)) enableCompileCache(cacheFolder);

const { TINYFAT_RUN_TOKEN: runToken = '', ...environment } = process.env;
delete process.env.TINYFAT_RUN_TOKEN;
process.env.PI_OFFLINE = '1';

const { childEnvironment, endWith, stepMom } = await import('./program.ts');
const commandEnvironment = childEnvironment(environment);
if (args.includes('--probe')) {
  const { probe } = await import('./probe.ts');
  const line = await probe(commandEnvironment);
  endWith(line, line.ok ? 0 : 1);
} else {
  const outcome = await stepMom({
    dataFolder: option('data', '/data'),
    inboxFolder: option('inbox', '/inbox'),
    platformSkillsFolder: option('skills', '/opt/skills'),
    gateway: gatewayUrl
      ? { url: gatewayUrl, authorityFile: option('authority', '') }
      : { socketPath: option('socket', '/run/gateway.sock'), port: Number(option('port', '3128')) },
    runToken,
    childEnvironment: commandEnvironment,
    startedAt,
  });
  // An outcome that says what failed is a good end of the program.
  endWith(outcome, 0);
}
