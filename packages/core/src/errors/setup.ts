import type { ErrorDescription } from './describe.ts';

/** Why the system does not start, or a command line can't be followed. */
export const setupErrors = {
  config_bad_value: {
    seenBy: 'operator',
    sentence: 'An environment variable has a value that can not be used.',
    nextStep: 'Correct the variable that is named; docs and tinyfat doctor list what it may be.',
  },
  config_public_host: {
    seenBy: 'operator',
    sentence: 'HOST is a public address, but PUBLIC_URL is not set.',
    nextStep: 'Set PUBLIC_URL to the address under which people reach the platform, or HOST to 127.0.0.1.',
  },
  port_in_use: {
    seenBy: 'operator',
    sentence: 'A port that should be listened on is taken.',
    nextStep: 'Stop the program that has it, or set PORT or SMTP_PORT to another one.',
  },
  folder_not_writable: {
    seenBy: 'operator',
    sentence: 'DATA_DIR can not be written.',
    nextStep: 'Give the user of this process write access to it, or set DATA_DIR to another folder.',
  },
  api_key_missing: {
    seenBy: 'operator',
    sentence: 'No API key is set, so the built-in demo model answers.',
    nextStep: 'Set ANTHROPIC_API_KEY, or run: tinyfat key set --owner ADDRESS',
  },
  agent_name_invalid: {
    seenBy: 'operator',
    sentence: 'An agent can not have this name.',
    nextStep: 'Choose 1 to 64 of a-z, 0-9, dot, hyphen and underscore, with a letter or digit at both ends.',
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
  allow_entry_invalid: {
    seenBy: 'operator',
    sentence: 'This is no entry for a list of allowed senders.',
    nextStep:
      'Write name@example.com, @example.com for a whole domain, or @*.example.com for its sub-domains.',
  },
} as const satisfies Record<string, ErrorDescription>;
