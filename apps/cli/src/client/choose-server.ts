/** `--server URL`, `--token-file FILE` and `--token TOKEN`, which every command takes, beside what the environment says. */
import { createReadStream } from 'node:fs';
import type { Config } from '@tinyfat/server/config';
import { isToken, parseServerUrl } from '@tinyfat/server/server-url';
import { UsageError } from '../command.ts';
import { readKey } from '../input/read-key.ts';

type Client = Config['client'];

const OPTIONS = ['server', 'token-file', 'token'] as const;
type Option = (typeof OPTIONS)[number];
const MAX_FILE_BYTES = 1000;

/** The remaining words, and the values of these options. */
interface TakenWords {
  words: string[];
  options: Partial<Record<Option, string>>;
}

/** Takes the options out, wherever they stand before a `--`. Throws a UsageError, which repeats no value. */
export function takeServerOptions(all: readonly string[]): TakenWords {
  const words: string[] = [];
  const options: TakenWords['options'] = {};
  const rest = [...all];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const option = OPTIONS.find((name) => word === `--${name}` || word?.startsWith(`--${name}=`));
    if (option === undefined) {
      words.push(word);
      if (word === '--') words.push(...rest.splice(0));
      continue;
    }
    const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : rest.shift();
    if (value === undefined || value === '') throw new UsageError(`--${option} needs a value`);
    if (options[option] !== undefined) throw new UsageError(`--${option} stands twice`);
    options[option] = value;
  }
  return { words, options };
}

/** The server and token to use: options take precedence over the environment. Throws a UsageError. */
export async function chooseServer(options: TakenWords['options'], environment: Client): Promise<Client> {
  const server = options.server === undefined ? environment.server : serverOf(options.server);
  const named = await namedToken(options);
  if (server === null && named !== null)
    throw new UsageError('a token is for a server; name it: --server URL');
  const isOther = environment.server !== null && server !== environment.server;
  if (isOther && named === null && environment.token !== null) {
    throw new UsageError(
      'TINYFAT_TOKEN is for the server in TINYFAT_SERVER; name the token for another one with --token-file FILE',
    );
  }
  return { server, token: named ?? environment.token };
}

function serverOf(text: string): string {
  const parsed = parseServerUrl(text);
  if (!parsed.ok) throw new UsageError(`--server ${parsed.reason}`);
  return parsed.url;
}

async function namedToken({ token, 'token-file': file }: TakenWords['options']): Promise<string | null> {
  if (token !== undefined && file !== undefined) {
    throw new UsageError('write --token-file or --token, not both');
  }
  if (token === undefined && file === undefined) return null;
  const text = file === undefined ? token : await readTokenFile(file);
  if (text !== undefined && isToken(text)) return text;
  throw new UsageError(
    `${file === undefined ? '--token' : '--token-file'}: that is no token; tinyfat token create makes them`,
  );
}

async function readTokenFile(path: string): Promise<string> {
  try {
    const text = await readKey(createReadStream(path), MAX_FILE_BYTES, () => {});
    return (text ?? '').trim();
  } catch {
    throw new UsageError('--token-file: the file can not be read');
  }
}
