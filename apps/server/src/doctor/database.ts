/** The database, and mail that could not be sent. */
import { describeError } from '@tinyfat/core';
import { broken, type Check, note, type Observation, ok } from './finding.ts';
import type { Records } from './records.ts';

const LIST = 'tinyfat outbox list';

/** Can it be read? */
export function databaseCheck(records: () => Promise<Records>): Check {
  return {
    name: 'database',
    async look() {
      const found = await records();
      switch (found.state) {
        case 'absent':
          return note('none found', 'The first start makes it.');
        case 'open':
          return ok(`${counted(found.agents, 'agent')} of ${counted(found.owners, 'owner')}`);
        case 'closed':
          return closed(found);
      }
    },
  };
}

function closed({ cause, why }: Extract<Records, { state: 'closed' }>): Observation {
  switch (cause) {
    case 'older':
    case 'unfinished':
    case 'unreachable':
      return note(why, null);
    case 'newer':
      return broken(why, 'Run that version; there is no way back but a backup from before it.');
    case 'half_copied':
      return broken(why, 'Nothing starts on it before that.');
    case 'unreadable':
      return broken(why, 'Look at the file tinyfat.sqlite in DATA_DIR; or restore a backup.');
  }
}

/** Does mail wait after a failed try? */
export function deliveriesCheck(records: () => Promise<Records>): Check {
  return {
    name: 'deliveries',
    async look() {
      const found = await records();
      if (found.state !== 'open') return [];
      if (found.failing === null) return ok('none that failed waits');
      const { count, provider, code, reason } = found.failing;
      const by = provider === null ? '' : ` by ${provider}`;
      const why = reason === null ? '' : `; the last reason: ${reason}`;
      const waits = count === 1 ? 'waits' : 'wait';
      const text = `${counted(count, 'mail')} could not be sent${by} and ${waits} for another try${why}`;
      // A reason of one mail says nothing about the others.
      if (code === null || !/^(relay|provider)_/.test(code))
        return note(text, 'Sent by itself later, unless the reason stays. All of them:', LIST);
      const mend = `${describeError(code).nextStep} The mail is then sent by itself. All of it:`;
      return broken(text, mend, LIST);
    },
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
