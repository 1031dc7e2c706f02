/** Can anybody sign in, and how do they get their mail with the link? */
import type { Config } from '../config.ts';
import { mailWay } from '../mail-way.ts';
import { type Check, note, ok } from './finding.ts';
import type { Records } from './records.ts';

/** ADMIN_EMAILS, SIGNUP and the owners of agents. */
export function accountsCheck(config: Config, records: () => Promise<Records>): Check {
  return {
    name: 'accounts',
    async look() {
      const found = await records();
      const owners = found.state === 'open' ? found.owners : 0;
      const admins = config.adminEmails.length;
      const who = [
        ...(admins > 0 ? [`${admins} ${admins === 1 ? 'admin' : 'admins'}`] : []),
        ...(owners > 0 ? [`${owners} ${owners === 1 ? 'owner' : 'owners'} of agents`] : []),
        ...(config.signUp === 'open' ? ['everybody (SIGNUP=open)'] : []),
      ];
      if (who.length === 0)
        return note(
          'nobody can sign in on the pages',
          'Set ADMIN_EMAILS to your address, or make an agent: its owner can.',
        );
      const links = mailWay(config) === null ? '; start prints the links' : '';
      const can = `${who.join(', ')} can sign in${links}`;
      if (admins === 0 && config.signUp === 'closed' && config.publicUrl.startsWith('https:'))
        return note(can, "No admin: set ADMIN_EMAILS for somebody who sees everybody's agents.");
      return ok(can);
    },
  };
}
