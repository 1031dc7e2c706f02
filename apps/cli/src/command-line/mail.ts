/** Commands about mail: what came, what agents did with it, what went out. */
import { command, type Group, json } from '../command.ts';

const limit = { limit: { value: 'N', default: '50', text: 'the newest N (50)' } } as const;

export const sendCommand = command({
  summary: 'send a mail to an agent of the running server',
  options: {
    to: { value: 'AGENT', required: true, text: 'the agent: its name, or its whole address' },
    from: { value: 'ADDR', required: true, text: 'who writes; must be allowed to' },
    subject: { value: 'TEXT', required: true, text: 'the subject, or a mail command such as /status' },
    attach: { value: 'FILE', many: true, text: 'a file to attach' },
    'in-reply-to': { value: 'ID', text: 'the Message-ID that it answers' },
    wait: { text: 'wait for the answer and print it' },
    timeout: { value: 'SECONDS', default: '3600', text: 'how long to wait (3600)' },
  },
  notes: 'The body comes from standard input.',
  examples: ['echo Hi | tinyfat send --to scout --from you@example.org --subject Hi --wait'],
  here: true,
  load: async () => (await import('../commands/send.ts')).send,
});

const listMails = command({
  summary: 'list mails that came, with what was decided; the newest first',
  words: ['[NAME]'],
  options: { ...json, ...limit },
  examples: ['tinyfat mails', 'tinyfat mails scout --limit 10'],
  load: async () => (await import('../commands/mails.ts')).listMails,
});

export const mailsGroup: Group = {
  summary: 'every mail that came, with its verdict',
  otherwise: 'list',
  commands: {
    list: listMails,
    show: command({
      summary: 'show what was checked and decided about a mail',
      words: ['ID'],
      options: json,
      examples: ['tinyfat mails show 019ac8f2-51d3'],
      load: async () => (await import('../commands/mail-record.ts')).showMail,
    }),
    raw: command({
      summary: 'print the bytes of a mail as they came',
      words: ['ID'],
      examples: ['tinyfat mails raw 019ac8f2-51d3 > mail.eml'],
      load: async () => (await import('../commands/mail-record.ts')).rawMail,
    }),
    release: command({
      summary: 'give a mail in quarantine its turn',
      words: ['ID'],
      examples: ['tinyfat mails release 019ac8f2-51d3'],
      load: async () => (await import('../commands/mail-record.ts')).releaseMail,
    }),
    discard: command({
      summary: 'end mails in quarantine, without a turn',
      words: ['[ID]'],
      options: { all: { value: 'NAME', text: 'all mails of this agent that wait' } },
      forms: ['ID', '--all NAME'],
      examples: ['tinyfat mails discard 019ac8f2-51d3', 'tinyfat mails discard --all scout'],
      load: async () => (await import('../commands/mail-record.ts')).discardMails,
    }),
  },
};

const showRun = command({
  summary: 'show one run whole: its mail, its events, its deliveries',
  words: ['ID'],
  options: json,
  examples: ['tinyfat run show 019ac8f2-51d3'],
  load: async () => (await import('../commands/runs.ts')).showRun,
});

export const runsGroup: Group = {
  summary: 'what agents did',
  otherwise: 'list',
  commands: {
    list: command({
      summary: 'list turns and commands, the newest first',
      words: ['[NAME]'],
      options: { ...json, ...limit },
      examples: ['tinyfat runs', 'tinyfat runs scout --limit 10'],
      load: async () => (await import('../commands/runs.ts')).listRuns,
    }),
    show: showRun,
  },
};

export const runGroup: Group = {
  summary: 'one of them: whole, ended, once more',
  commands: {
    show: showRun,
    stop: command({
      summary: 'end a run now',
      words: ['ID'],
      notes:
        'Its sandbox is killed, nothing that it wrote is sent, and its sender gets a mail that says so. It is not tried again.',
      examples: ['tinyfat run stop 019ac8f2-51d3'],
      load: async () => (await import('../commands/steer-run.ts')).stopRun,
    }),
    again: command({
      summary: 'do a run once more, as a new run of the same mail',
      words: ['ID'],
      options: {
        text: { value: 'TEXT', text: "in the place of what the sender newly wrote, as the owner's" },
      },
      examples: [
        'tinyfat run again 019ac8f2-51d3',
        "tinyfat run again 019ac8f2-51d3 --text 'Only the numbers, please.'",
      ],
      load: async () => (await import('../commands/steer-run.ts')).runAgain,
    }),
  },
};

export const outboxGroup: Group = {
  summary: 'mail that goes out',
  commands: {
    list: command({
      summary: 'list outgoing mail and what became of it, the newest first',
      words: ['[NAME]'],
      options: json,
      examples: ['tinyfat outbox list', 'tinyfat outbox list scout'],
      load: async () => (await import('../commands/outbox.ts')).listOutbox,
    }),
    approve: command({
      summary: 'let a mail go that awaits your approval',
      words: ['ID'],
      examples: ['tinyfat outbox approve 019ac8f2-51d3'],
      load: async () => (await import('../commands/outbox.ts')).approveDelivery,
    }),
    edit: command({
      summary: 'change a mail that awaits your approval; it goes on waiting',
      words: ['ID'],
      options: {
        to: { value: 'ADDR', many: true, text: 'all recipients on To' },
        cc: { value: 'ADDR', many: true, text: 'all recipients on Cc' },
        subject: { value: 'TEXT', text: 'another subject' },
        body: { text: 'another text, from standard input' },
      },
      notes:
        'What is not named stays, and so do the files. It is read, changed and approved on the pages too.',
      examples: [
        "tinyfat outbox edit 019ac8f2-51d3 --subject 'Offer of May'",
        'tinyfat outbox edit 019ac8f2-51d3 --body <letter.md',
      ],
      load: async () => (await import('../commands/decide.ts')).editDelivery,
    }),
    reject: command({
      summary: 'end a mail that awaits your approval unsent',
      words: ['ID'],
      options: { note: { value: 'TEXT', text: 'what to do otherwise; the agent writes it anew' } },
      examples: [
        'tinyfat outbox reject 019ac8f2-51d3',
        "tinyfat outbox reject 019ac8f2-51d3 --note 'Shorter, and without the price.'",
      ],
      load: async () => (await import('../commands/decide.ts')).rejectDelivery,
    }),
    'mark-sent': command({
      summary: 'take an uncertain mail for sent, since it has arrived',
      words: ['ID'],
      examples: ['tinyfat outbox mark-sent 019ac8f2-51d3'],
      load: async () => (await import('../commands/decide.ts')).markSent,
    }),
    retry: command({
      summary: 'send a mail again that failed or is uncertain',
      words: ['ID'],
      examples: ['tinyfat outbox retry 019ac8f2-51d3'],
      load: async () => (await import('../commands/outbox.ts')).retryDelivery,
    }),
    suppressed: command({
      summary: 'list whom mail does not reach',
      words: ['[NAME]'],
      options: json,
      examples: ['tinyfat outbox suppressed'],
      load: async () => (await import('../commands/outbox.ts')).listSuppressed,
    }),
    unsuppress: command({
      summary: 'let an agent write to somebody again',
      words: ['NAME', 'ADDR'],
      examples: ['tinyfat outbox unsuppress scout ann@example.org'],
      load: async () => (await import('../commands/outbox.ts')).unsuppress,
    }),
  },
};

export const webhooksCommand = command({
  summary: 'what mail providers reported, and what waits or failed',
  options: { ...json, ...limit },
  examples: ['tinyfat webhooks'],
  here: true,
  load: async () => (await import('../commands/webhooks.ts')).listWebhooks,
});
