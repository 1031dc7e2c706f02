import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { topmostResults } from './topmost-results.ts';

const ids = ['mx.test', 'other.test'];
const methods = (headers: string[]) => {
  const said = topmostResults(message(headers), ids);
  return said === null ? null : [said.authserv, ...said.results.map(({ method }) => method)];
};
const by = (server: string, results = 'dmarc=pass') => `Authentication-Results: ${server}; ${results}`;

describe('the results that count', () => {
  it('are those of a named server, in any case', () => {
    expect(methods([by('MX.Test'), 'From: a@b.test'])).toEqual(['mx.test', 'dmarc']);
    expect(methods(['AUTHENTICATION-RESULTS:mx.test;\r\n\tdmarc=pass'])).toEqual(['mx.test', 'dmarc']);
  });

  it('may lie below the Received lines of their server, or above', () => {
    expect(
      methods(['Received: by mx.test', 'X-Received: x', 'Received: from a by mx.test', by('mx.test')]),
    ).toEqual(['mx.test', 'dmarc']);
    expect(methods([by('mx.test'), 'Received: from a by mx.test'])).toEqual(['mx.test', 'dmarc']);
  });

  it('may be spread over several fields in a row', () => {
    expect(methods([by('mx.test', 'x-csa=none'), by('mx.test 1', 'arc=none'), by('mx.test')])).toEqual([
      'mx.test',
      'x-csa',
      'arc',
      'dmarc',
    ]);
  });

  it('are nobody else’s', () => {
    expect(methods([by('evil.test')])).toBe(null);
    expect(methods(['From: a@b.test'])).toBe(null);
    expect(topmostResults(message([by('mx.test')]), [])).toBe(null);
  });
});
