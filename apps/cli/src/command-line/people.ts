/** Commands about people: who signs in, whose key pays, which tokens ask the API. */
import { command, type Group, json } from '../command.ts';

export const accountGroup: Group = {
  summary: 'who has signed in on the pages',
  commands: {
    list: command({
      summary: 'list accounts',
      options: json,
      examples: ['tinyfat account list'],
      here: true,
      load: async () => (await import('../commands/account.ts')).showAccounts,
    }),
    'sign-out': command({
      summary: 'end all sessions of an account, in every browser',
      words: ['ADDR'],
      examples: ['tinyfat account sign-out ann@example.org'],
      here: true,
      load: async () => (await import('../commands/account.ts')).signOut,
    }),
  },
};

const provider = { value: 'PROVIDER', text: 'the provider of models (anthropic)' } as const;
const NO_WORDS = 'A key is read from standard input only: in a command line others could see it.';

export const keyGroup: Group = {
  summary: "owners' own keys, which pay for their agents",
  commands: {
    set: command({
      summary: 'store the key of an owner, from standard input',
      options: { owner: { value: 'ADDR', required: 'here', text: 'whose agents it pays for' }, provider },
      examples: ['tinyfat key set --owner you@example.org < key.txt'],
      hidesWords: NO_WORDS,
      load: async () => (await import('../commands/key.ts')).setKey,
    }),
    list: command({
      summary: 'list stored keys: their last four characters and last use',
      options: { owner: { value: 'ADDR', text: 'of this owner only' }, ...json },
      examples: ['tinyfat key list'],
      hidesWords: NO_WORDS,
      load: async () => (await import('../commands/key.ts')).listKeys,
    }),
    remove: command({
      summary: 'take the key of an owner away',
      options: { owner: { value: 'ADDR', required: 'here', text: 'whose key' }, provider },
      examples: ['tinyfat key remove --owner you@example.org'],
      hidesWords: NO_WORDS,
      load: async () => (await import('../commands/key.ts')).removeKey,
    }),
    rotate: command({
      summary: 'wrap all stored keys under a new master key',
      examples: ['tinyfat key rotate'],
      here: true,
      hidesWords: NO_WORDS,
      load: async () => (await import('../commands/rotate-keys.ts')).rotateKeys,
    }),
  },
};

export const tokenGroup: Group = {
  summary: 'tokens of the JSON API',
  commands: {
    create: command({
      summary: 'make a token; it is shown this once',
      options: {
        owner: { value: 'ADDR', required: 'here', text: 'whose agents it sees' },
        name: { value: 'TEXT', default: '', text: 'what it is for' },
        scope: {
          value: 'SCOPE',
          many: true,
          text: 'what it may do: read, write, keys, tokens, admin (read and write)',
          choices: ['read', 'write', 'keys', 'tokens', 'admin'],
        },
        expires: { value: 'DAYS', text: 'when it ends: a number of days, or never (90)' },
      },
      examples: ['tinyfat token create --owner you@example.org --name laptop --scope read'],
      load: async () => (await import('../commands/token.ts')).createToken,
    }),
    list: command({
      summary: 'list tokens, without their secrets',
      options: { owner: { value: 'ADDR', text: 'of this owner only' }, ...json },
      examples: ['tinyfat token list'],
      load: async () => (await import('../commands/token.ts')).listTokens,
    }),
    revoke: command({
      summary: 'end a token',
      words: ['ID'],
      examples: ['tinyfat token revoke 019ac8f2-51d3'],
      load: async () => (await import('../commands/token.ts')).revokeToken,
    }),
  },
};
