/** The database, as far as a look shows it, and mail that does not leave. */
import { printable } from '../output/text.ts';
import { broken, type Check, note, ok } from './finding.ts';
import type { Records } from './records.ts';

/** Can it be read? */
export function databaseCheck(records: () => Promise<Records>): Check {
  return {
    name: 'database',
    async look() {
      const found = await records();
      switch (found.state) {
        case 'absent':
          return note('database', 'not there yet', 'The first start makes it.');
        case 'open':
          return ok('database', `${counted(found.agents, 'agent')} of ${counted(found.owners, 'owner')}`);
        case 'closed':
          return /next start/.test(found.why)
            ? note('database', found.why, null)
            : broken(
                'database',
                found.why,
                'Look at the file tinyfat.sqlite in DATA_DIR; or restore a backup.',
              );
      }
    },
  };
}

/** Is there mail that was tried in vain? */
export function deliveriesCheck(records: () => Promise<Records>): Check {
  return {
    name: 'deliveries',
    async look() {
      const found = await records();
      if (found.state !== 'open') return [];
      if (found.failing === null) return ok('deliveries', 'none that failed waits');
      const { count, provider, reason } = found.failing;
      const by = provider === null ? '' : ` by ${provider}`;
      const why = reason === null ? '' : `; the last reason: ${printable(reason)}`;
      return broken(
        'deliveries',
        `${counted(count, 'mail')} could not be sent${by} and ${count === 1 ? 'waits' : 'wait'} for another try${why}`,
        'Mend what the reason names; they are then sent by themselves. All of them:',
        'tinyfat outbox list',
      );
    },
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
