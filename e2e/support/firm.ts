/**
 * A small firm with three agents and mails in every state: what the tests of all pages look at, and what the pictures of
 * the documentation show. People write plain sentences; what the model does about them is scripted here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@tinyfat/database';
import type { AnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { addHistory } from './history.ts';

/** Ids of what there is one of. */
export interface FirmIds {
  /** A mail that was answered, its run and its answer. */
  answered: { mail: string; run: string; delivery: string };
  refusedMail: string;
  /** An answer that awaits approval. */
  held: string;
  failedRun: string;
  /** Its model waits at the gate `report` until the test releases it. */
  runningRun: string;
}

/** Owns the agents of the firm. */
export const OWNER = 'mira@harbour.example';
export const DOMAIN = 'agents.harbour.example';
export const AGENTS = ['scout', 'billing', 'concierge'];
/** Owns an agent of the same server, and nothing of the firm. */
export const STRANGER = 'per@elsewhere.example';
/** Who may write to the agents beside their owner. */
export const COLLEAGUES = '@harbour.example';
/** The agent of the stranger. */
export const FOREIGN_AGENT = 'foreign';

export const MAILS = {
  ferries: {
    from: `Mira Holm <${OWNER}>`,
    to: `scout@${DOMAIN}`,
    subject: 'Ferries to Bornholm in May',
    text: 'Hello Scout,\n\nwhich ferries go from Ystad to Rønne on the second weekend of May, with a car?\nPlease note the cheapest one for next time.\n\nMira\n',
  },
  invoice: {
    from: `Lars Winther <lars@harbour.example>`,
    to: `billing@${DOMAIN}`,
    subject: 'Invoice 2041 from Nordlys is too high',
    text: 'Nordlys charged us twice for the crane on the 12th. Can you write to them and ask for a corrected invoice?\n\nLars\n',
  },
  stranger: {
    from: 'Best Offers <deals@cheap-cruises.example>',
    to: `concierge@${DOMAIN}`,
    subject: 'You have won a cruise',
    text: 'Click here.',
  },
  broken: {
    from: `Mira Holm <${OWNER}>`,
    to: `concierge@${DOMAIN}`,
    subject: 'Rooms for the board meeting',
    text: 'We need two rooms on Thursday.',
  },
  report: {
    from: `Mira Holm <${OWNER}>`,
    to: `scout@${DOMAIN}`,
    subject: 'Moorings in the north basin',
    text: 'How many moorings were free in October? The list is in your notes.',
  },
} as const;

const ANSWER = `Two ferries take a car that weekend:

| Departure | Arrival | Price |
|---|---|---|
| Sat 8:30 | 9:50 | 1,180 DKK |
| Sun 17:30 | 18:50 | 940 DKK |

The Sunday one is the cheaper, so I have noted it for next time.`;

const LETTER = {
  to: ['accounts@nordlys.example'],
  subject: 'Invoice 2041: the crane is on it twice',
  body: 'Dear Sir or Madam,\n\nyour invoice **2041** has the crane of 12 November twice (lines 3 and 7). Please send us a corrected one; the rest is fine and will be paid at once.\n\nKind regards\nHarbour Works',
  attachments: [{ filename: 'invoice-2041-lines.csv', content: 'MywxMjAwCjcsMTIwMAo=' }],
};

/** What the model does about a text. */
export function script(text: string): string {
  if (text.includes('Ystad')) {
    return [
      toolCall('bash', { command: 'cat /data/MEMORY.md | head -5' }),
      toolCall('bash', {
        command: 'echo "Bornholm: the Sunday ferry at 17:30 is the cheapest." >> /data/MEMORY.md',
      }),
      '[[usage: {"input": 1840, "output": 412, "cacheRead": 18200, "cacheWrite": 2400}]]',
      `[[reply: ${ANSWER}]]`,
    ].join(' ');
  }
  if (text.includes('crane')) {
    const command = `cat > /data/outbox/email/nordlys.json <<'END'\n${JSON.stringify(LETTER)}\nEND`;
    return `${toolCall('bash', { command })} [[reply: I have written to Nordlys; the letter waits for Mira, since we have not written to them before.]]`;
  }
  if (text.includes('rooms')) return '[[status: 400 The credit balance is too low.]]';
  if (text.includes('moorings')) {
    return `${toolCall('bash', { command: 'grep -c free /data/MEMORY.md || true' })} [[gate: report]] [[reply: Eleven were free.]]`;
  }
  return '[[reply: Thank you.]]';
}

function toolCall(name: string, input: object): string {
  return `[[tool: ${name} ${JSON.stringify(input)}]]`;
}

/** An installation with the agents of the firm, which answer by `script`. */
export interface Place {
  model: Pick<AnthropicStandIn, 'arrived'>;
  db: Database;
  /** A mail of `MAILS` comes in; one of the stranger is refused. */
  send(mail: FirmMail): Promise<unknown>;
  /** The first page of a list of the API, as the owner sees it. */
  list(path: string): Promise<Record<string, string>[]>;
}

/** A mail of the firm. */
export type FirmMail = (typeof MAILS)[keyof typeof MAILS];

/** Has the mails come in, after four weeks of others; resolves when each is in its state. */
export async function fillFirm({ model, db, send, list }: Place): Promise<FirmIds> {
  await addHistory(db);
  await send(MAILS.ferries);
  await send(MAILS.invoice);
  await send(MAILS.broken);
  await send(MAILS.stranger);
  await send(MAILS.report);
  await model.arrived('report');
  const idOf = async (path: string, wanted: Record<string, string>): Promise<string> => {
    for (;;) {
      const rows = await list(path);
      const found = rows.find((row) => Object.entries(wanted).every(([name, value]) => row[name] === value));
      if (found?.id !== undefined) return found.id;
      await pause(100);
    }
  };
  const { subject } = MAILS.ferries;
  return {
    answered: {
      mail: await idOf('/mails?agent=scout', { subject, state: 'replied' }),
      run: await idOf('/runs?agent=scout', { subject, status: 'done' }),
      delivery: await idOf('/outbox?agent=scout', { subject: `Re: ${subject}`, state: 'sent' }),
    },
    refusedMail: await idOf('/mails?agent=concierge', { state: 'refused' }),
    held: await idOf('/outbox?agent=billing', { state: 'awaiting_approval' }),
    failedRun: await idOf('/runs?agent=concierge', { status: 'failed' }),
    runningRun: await idOf('/runs?agent=scout', { status: 'running' }),
  };
}
