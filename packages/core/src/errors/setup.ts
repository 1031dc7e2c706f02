import type { ErrorDescription } from './describe.ts';

/** Why the system does not start, or a command line can't be followed. */
export const setupErrors = {
  port_in_use: {
    seenBy: 'operator',
    sentence: 'A port that should be listened on is taken.',
    nextStep: 'Stop the program that has it, or set PORT or SMTP_PORT to another one.',
  },
  database_newer: {
    seenBy: 'operator',
    sentence: 'The database belongs to a newer tinyfat than this one; nothing was changed.',
    nextStep:
      'Start the newer version again; or, to go back, stop everything and put the copy that its upgrade left beside the database in its place: what came since then is not in it.',
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
  account_unknown: {
    seenBy: 'operator',
    sentence: 'Nobody has signed in with this address.',
    nextStep: 'tinyfat account list shows those who have.',
  },
  provider_key_unknown: {
    seenBy: 'operator',
    sentence: 'There is no such key.',
    nextStep: 'tinyfat key list shows those that there are.',
  },
  budget_unknown: {
    seenBy: 'operator',
    sentence: 'There is no such budget.',
    nextStep: 'tinyfat budget show has those that there are.',
  },
  server_unreachable: {
    seenBy: 'owner',
    sentence: 'The server gave no answer.',
    nextStep:
      'Check the address in --server or TINYFAT_SERVER, and that the server runs. What was to be changed may have been: look before you do it again.',
  },
  server_redirects: {
    seenBy: 'owner',
    sentence: 'The server sends this command on to another address, where the token is not sent.',
    nextStep: 'If that address is the right one, name it in --server or TINYFAT_SERVER.',
  },
  server_not_understood: {
    seenBy: 'owner',
    sentence: 'What answered is no tinyfat server, or one of another version.',
    nextStep:
      'Check the address in --server or TINYFAT_SERVER; use the command line of the same version as the server.',
  },
  master_keys_missing: {
    seenBy: 'operator',
    sentence: 'The master key that opens the stored keys is not here.',
    nextStep:
      'Set MASTER_KEYS as the server has it, or bring the file back; if it is lost for good: tinyfat key remove --owner ADDR, then store the keys again.',
  },
  master_keys_unsafe: {
    seenBy: 'operator',
    sentence: 'The file with the master keys must be a plain file of this user that nobody else can read.',
    nextStep: 'Mend it with the line that is named; if others may have read it, run: tinyfat key rotate',
  },
  master_keys_unreadable: {
    seenBy: 'operator',
    sentence: 'The file with the master keys can not be used.',
    nextStep: 'Mend what is named, or bring the file back from a backup.',
  },
} as const satisfies Record<string, ErrorDescription>;
