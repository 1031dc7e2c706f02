/** The address of a server, and the form of a token. */
import { isLoopbackHostname } from '@tinyfat/core';

/** The address without a slash at its end, or what to write instead. Repeats nothing: a password may stand in it. */
type ServerUrl = { ok: true; url: string } | { ok: false; reason: string };

/** Reads it. Plain http goes to this machine alone: on the way anybody could read the token. */
export function parseServerUrl(text: string): ServerUrl {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return { ok: false, reason: 'is no web address; write for example https://agents.example.com' };
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return { ok: false, reason: 'must be an address alone, without a user, a question mark or a hash' };
  }
  if (url.protocol === 'http:' && !isLoopbackHostname(url.hostname)) {
    return {
      ok: false,
      reason: 'must begin with https://: over http others could read the token on its way',
    };
  }
  return { ok: true, url: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
}

/** Whether a text has the form of a token. */
export function isToken(text: string): boolean {
  return /^tf_[\w-]{43}$/.test(text);
}
