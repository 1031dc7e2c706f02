/**
 * A small firm with three agents and mails in every state: what the tests of all pages look at, and what the pictures of
 * the documentation show. People write plain sentences; what the model does about them is scripted here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type Dashboard, openDashboard } from './dashboard.ts';
import { addHistory } from './history.ts';
import { answerTo, sendMail } from './mail.ts';

export interface Sample {
  dashboard: Dashboard;
  model: AnthropicStandIn;
  /** Ids of what there is one of. */
  ids: {
    /** A mail that was answered, its run and its answer. */
    answered: { mail: string; run: string; delivery: string };
    refusedMail: string;
    /** An answer that awaits approval. */
    held: string;
    failedRun: string;
    /** Its model waits at the gate `report` until the test releases it. */
    runningRun: string;
  };
  dispose(): Promise<void>;
}

const OWNER = 'mira@harbour.example';
const DOMAIN = 'agents.harbour.example';
const AGENTS = ['scout', 'billing', 'concierge'];
/** Owns an agent of the same server, and nothing of the firm. */
export const STRANGER = 'per@elsewhere.example';

const MAILS = {
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
function script(text: string): string {
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

/** Starts it; resolves when every mail is in its state. */
export async function startSample(): Promise<Sample> {
  const model = await startAnthropicStandIn({ script });
  const dashboard = await openDashboard({
    owner: OWNER,
    environment: {
      MAIL_DOMAIN: DOMAIN,
      TRUSTED_CLIENTS: '127.0.0.0/8',
      ANTHROPIC_API_KEY: 'sk-ant-sample',
      ANTHROPIC_BASE_URL: model.url,
    },
    prepareAgents: async (cli) => {
      for (const name of AGENTS) {
        await cli(['agent', 'create', name, '--owner', OWNER, '--allow', '@harbour.example']);
      }
      await cli(['agent', 'create', 'foreign', '--owner', STRANGER]);
    },
  });
  const { server } = dashboard;
  await addHistory(server.dataDir);
  await sendMail(server, MAILS.ferries);
  await sendMail(server, MAILS.invoice);
  await sendMail(server, MAILS.broken);
  await answerTo(server, MAILS.stranger);
  await sendMail(server, MAILS.report);
  await model.arrived('report');
  const idOf = async (path: string, wanted: Record<string, string>): Promise<string> => {
    for (;;) {
      const rows = await dashboard.list(path);
      const found = rows.find((row) => Object.entries(wanted).every(([name, value]) => row[name] === value));
      if (found?.id !== undefined) return found.id;
      await pause(50);
    }
  };
  const { subject } = MAILS.ferries;
  const ids: Sample['ids'] = {
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
  return {
    dashboard,
    model,
    ids,
    async dispose() {
      model.release('report');
      await dashboard.dispose();
      await model.close();
    },
  };
}
