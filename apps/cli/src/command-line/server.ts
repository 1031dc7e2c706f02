/** Commands about the server and this command line itself. */
import { DUTIES, ROLES } from '@tinyfat/server/roles';
import { command, type Group, json } from '../command.ts';

/** Shells that there is a completion for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export const startCommand = command({
  summary: 'run the server: everything in one process, or a part of it in each of several',
  options: {
    role: {
      text: 'what this process does',
      value: 'ROLE',
      default: 'all',
      choices: ROLES,
    },
    adopt: {
      text: 'take the keys and the storage of this process for those of the database, from now on',
    },
  },
  notes: `Settings come from the environment: docs/environment.md. SIGTERM ends it in order. A role is what one process of several does (docs/several-processes.md): smtp ${DUTIES.smtp}; platform ${DUTIES.platform}; worker ${DUTIES.worker}. There may be any number of each, on one machine or, with Postgres, on several.`,
  examples: ['tinyfat start', 'tinyfat start --role worker'],
  here: true,
  load: async () => (await import('../commands/start.ts')).start,
});

export const demoCommand = command({
  summary: 'show it working on a throw-away folder',
  examples: ['tinyfat demo'],
  here: true,
  load: async () => (await import('../commands/demo.ts')).demo,
});

export const doctorCommand = command({
  summary: 'what works, what does not, and the line that mends it',
  options: {
    ...json,
    online: { text: 'also ask name servers, the relay or mail provider, and the model; sends nothing' },
  },
  notes:
    'Changes nothing, installs nothing, and needs no running server. A line for each check: ok, note (works, but not as one would want it in earnest) or broken, with what mends it. Exit code 1 when something is broken.',
  examples: ['tinyfat doctor', 'tinyfat doctor --online'],
  here: true,
  load: async () => (await import('../commands/doctor.ts')).doctor,
});

export const retentionCommand = command({
  summary: 'how long what is stored stays, and what would be removed now',
  options: { now: { text: 'remove it now; else it goes by itself, once a day' }, ...json },
  notes:
    'The settings RETENTION_… say how long each kind stays (docs/retention.md). Sessions and MEMORY.md are never removed. Without --now nothing is changed.',
  examples: ['tinyfat retention', 'tinyfat retention --now'],
  load: async () => (await import('../commands/retention.ts')).retention,
});

export const sendingGroup: Group = {
  summary: 'whether mail goes out, and the switch that stops all of it',
  commands: {
    status: command({
      summary: 'say whether mail goes out',
      options: json,
      examples: ['tinyfat sending status'],
      load: async () => (await import('../commands/sending.ts')).showSending,
    }),
    stop: command({
      summary: 'stop all sending: mail waits until it is resumed',
      options: json,
      notes:
        'All processes obey before they hand over the next mail; one that is being handed over goes out. Mails to sign in go out all the same.',
      examples: ['tinyfat sending stop'],
      load: async () => (await import('../commands/sending.ts')).stopSending,
    }),
    resume: command({
      summary: 'let mail go out again, what waits first',
      options: json,
      examples: ['tinyfat sending resume'],
      load: async () => (await import('../commands/sending.ts')).resumeSending,
    }),
  },
};

export const completionCommand = command({
  summary: 'print the completion of these commands for a shell',
  words: ['SHELL'],
  choices: SHELLS,
  notes: 'SHELL is bash, zsh or fish. The script completes the name tinyfat: call it by that, in PATH.',
  examples: [
    'tinyfat completion bash > /etc/bash_completion.d/tinyfat',
    'tinyfat completion zsh > /usr/local/share/zsh/site-functions/_tinyfat',
    'tinyfat completion fish > /etc/fish/completions/tinyfat.fish',
  ],
  here: true,
  load: async () => (await import('./completion.ts')).completion,
});

export const helpCommand = command({
  summary: 'what can be typed; the same as --help behind a command',
  words: ['[COMMAND]', '[SUBCOMMAND]'],
  examples: ['tinyfat help', 'tinyfat help agent create'],
  here: true,
  load: async () => (await import('./help.ts')).help,
});
