import type { ErrorDescription } from './describe.ts';

/** Why the system does not start, or a command line can't be followed. */
export const setupErrors = {
  port_in_use: {
    seenBy: 'operator',
    sentence: 'A port that should be listened on is taken.',
    nextStep: 'Stop the program that has it, or set PORT or SMTP_PORT to another one.',
  },
  agent_name_taken: {
    seenBy: 'operator',
    sentence: 'There is an agent of that name already.',
    nextStep: 'Choose another name; tinyfat agent list shows those that there are.',
  },
  agent_unknown: {
    seenBy: 'operator',
    sentence: 'There is no agent of that name.',
    nextStep: 'tinyfat agent list shows those that there are.',
  },
} as const satisfies Record<string, ErrorDescription>;
