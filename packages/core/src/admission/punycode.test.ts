import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isALabel } from './punycode.ts';

describe('an A-label', () => {
  it.each(['xn--bcher-kva', 'xn--80ak6aa92e', 'xn--fiqs8s', 'xn--mgbh0fb', 'xn--ls8h', 'xn--hxajbheg2az3al'])(
    'is %s',
    (label) => expect(isALabel(label)).toBe(true),
  );

  it.each(['xn--a', 'xn--', 'xn--abc-', 'xn--a-', 'xn---b0l', 'xn--0', 'xn--ab-c', 'xn--99999999a'])(
    'is not %s',
    (label) => expect(isALabel(label)).toBe(false),
  );

  it('is what Node, whose URL parser checks them, takes for one', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,12}[a-z0-9])?$/), (rest) => {
        const label = `xn--${rest}`;
        return isALabel(label) === (domainToASCII(`${label}.example`) === `${label}.example`);
      }),
      { numRuns: 300 },
    );
  });

  it('is what Node makes of a label in Unicode', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (text) => {
        const [label = '', ...others] = domainToASCII(`${text}.example`).split('.');
        return others.length !== 1 || !label.startsWith('xn--') || label.length > 63 || isALabel(label);
      }),
      { numRuns: 300 },
    );
  });
});
