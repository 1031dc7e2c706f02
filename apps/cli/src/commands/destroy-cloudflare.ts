/** `tinyfat destroy cloudflare`: takes an installation away from Cloudflare, and leaves what is stored. */
import { cloudflareApi } from '../cloudflare/api.ts';
import { readDeployAccess } from '../cloudflare/deploy-settings.ts';
import { destroy } from '../cloudflare/destroy.ts';
import { installationName } from '../cloudflare/installation-name.ts';
import { type Run, UsageError } from '../command.ts';
import { secretsOf } from '../faults/explain-to-operator.ts';
import { silencer } from '../faults/report-fault.ts';
import { confirm, isTerminal } from '../input/confirm.ts';
import { printable } from '../output/text.ts';

/** Names what is there, asks, and removes all but what is stored; exit code 1 where something could not be removed. */
export const destroyCloudflare: Run<[], { name: string; yes: boolean }> = async ({ options }) => {
  const name = installationName(options.name);
  const read = readDeployAccess(process.env);
  if (!read.ok) return say(read.problems.join(' '), 'Mend it, then run the same command again.');
  const { token, apiUrl, accountId } = read.access;
  const terminal = { input: process.stdin, output: process.stderr };
  const hide = silencer(secretsOf(process.env));
  const destroyed = await destroy(
    {
      api: cloudflareApi({ token, baseUrl: apiUrl, fetch, hide }),
      say: (line) => console.log(printable(line)),
      async mayRemove() {
        if (options.yes) return true;
        if (!isTerminal(terminal))
          throw new UsageError('nobody can be asked here: --yes removes without asking');
        return await confirm(terminal, `Type ${name} to remove it: `, [name]);
      },
    },
    { name, accountId },
  );
  if (!destroyed.ok) return say(destroyed.reason, destroyed.fix);
  return destroyed.wasRefused ? 1 : 0;
};

function say(reason: string, fix: string): number {
  console.error(printable(`tinyfat: ${reason}`));
  console.error(printable(`Next: ${fix}`));
  return 1;
}
