/** Commands about the server and this command line itself. */
import { SHELLS } from './shells.ts';
import { command, json } from './spec.ts';

export const startCommand = command({
  summary: 'run the server: everything in one process',
  words: [],
  options: {},
  notes: 'Settings come from the environment: docs/environment.md. SIGTERM ends it in order.',
  examples: ['tinyfat start'],
  place: 'here',
  load: async () => (await import('../commands/start.ts')).start,
});

export const demoCommand = command({
  summary: 'show it working on a throw-away folder',
  words: [],
  options: {},
  examples: ['tinyfat demo'],
  place: 'here',
  load: async () => (await import('../commands/demo.ts')).demo,
});

export const doctorCommand = command({
  summary: 'what works, what does not, and the line that mends it',
  words: [],
  options: {
    ...json,
    online: { text: 'also ask name servers, the relay or mail provider, and the model; sends nothing' },
  },
  notes:
    'Changes nothing, installs nothing, and needs no running server. A line for each check: ok, note (works, but not as one would want it in earnest) or broken, with what mends it. Exit code 1 when something is broken.',
  examples: ['tinyfat doctor', 'tinyfat doctor --online'],
  place: 'here',
  load: async () => (await import('../commands/doctor.ts')).doctor,
});

export const completionCommand = command({
  summary: 'print the completion of these commands for a shell',
  words: ['SHELL'],
  choices: SHELLS,
  options: {},
  notes: 'SHELL is bash, zsh or fish. The script completes the name tinyfat: call it by that, in PATH.',
  examples: [
    'tinyfat completion bash > /etc/bash_completion.d/tinyfat',
    'tinyfat completion zsh > /usr/local/share/zsh/site-functions/_tinyfat',
    'tinyfat completion fish > /etc/fish/completions/tinyfat.fish',
  ],
  place: 'here',
  load: async () => (await import('../commands/completion.ts')).completion,
});

export const helpCommand = command({
  summary: 'what can be typed; the same as --help behind a command',
  words: ['[COMMAND]', '[SUBCOMMAND]'],
  options: {},
  examples: ['tinyfat help', 'tinyfat help agent create'],
  place: 'here',
  load: async () => (await import('../commands/help.ts')).help,
});
