/** Signing in at a running server as a browser without pictures does it: forms with an Origin, cookies kept. */
import { until } from './eventually.ts';
import type { ReceivedMail } from './mail.ts';
import type { Tinyfat } from './tinyfat.ts';

/** What a sign-in mail holds. */
export interface SignInLetter {
  to: string;
  link: string;
  token: string;
  code: string;
}

/** Reads link and code out of the text of a sign-in mail; throws where they are missing. */
export function readSignInMail(mail: ReceivedMail): SignInLetter {
  const [link = '', token = ''] =
    /http\S+\/sign-in\/confirm\?token=([\w-]{43})\b/.exec(mail.text ?? '') ?? [];
  const [, code = ''] = /^(\d{6})\r?$/m.exec(mail.text ?? '') ?? [];
  if (link === '' || code === '') throw new Error(`this is no sign-in mail:\n${mail.text}`);
  return { to: mail.to?.[0]?.address ?? '', link, token, code };
}

/** The newest of `count` mails in the Maildir. */
export async function signInMail(server: Tinyfat, count: number): Promise<SignInLetter> {
  const newest = (await server.answers(count)).at(-1);
  if (!newest) throw new Error('there is no mail');
  return readSignInMail(newest);
}

export interface FormAnswer {
  status: number;
  headers: Headers;
  location: string | null;
  /** What the browser keeps, as it sends it. */
  cookie: string;
  text: string;
}

/** Sends a form as a page of the server would; `headers` take the place of what a browser says. */
export async function postForm(
  server: Pick<Tinyfat, 'host'>,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<FormAnswer> {
  const origin = `http://${server.host}:8025`;
  const answer = await fetch(`${origin}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin, accept: 'text/html', ...headers },
    body: new URLSearchParams(fields),
  });
  const cookies = answer.headers.getSetCookie().map((one) => one.split(';')[0] ?? '');
  return {
    status: answer.status,
    headers: answer.headers,
    location: answer.headers.get('location'),
    cookie: cookies.filter((one) => !one.endsWith('=')).join('; '),
    text: await answer.text(),
  };
}

/** Signs an address in by link, whatever other mail comes meanwhile; gives the cookie of its session. */
export async function signIn(
  server: Tinyfat,
  address: string,
  headers: Record<string, string> = {},
): Promise<string> {
  const theirs = async () =>
    (await server.answers(0)).filter(
      ({ to, text }) => to?.[0]?.address === address && text?.includes('/sign-in/confirm?'),
    );
  const before = await theirs();
  await postForm(server, '/sign-in', { address }, headers);
  const mail = (await until(theirs, (mails) => mails.length > before.length)).at(-1);
  if (!mail) throw new Error('there is no mail');
  return (await postForm(server, '/sign-in/confirm', { token: readSignInMail(mail).token })).cookie;
}
