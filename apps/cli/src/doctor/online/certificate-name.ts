/** Is the certificate for the name that senders connect to? */
import { type Check, note, ok } from '../finding.ts';
import { leafOf, namesOf } from '../tls-files.ts';
import type { Answer, MxRecord } from './dns.ts';

const NAME = 'mx certificate';

/** Compares the names of the certificate with those of the MX records. */
export function certificateNameCheck(certFile: string, mx: () => Promise<Answer<MxRecord>>): Check {
  return {
    name: NAME,
    async look() {
      const [leaf, answer] = [leafOf(certFile), await mx()];
      // What is wrong with the file, or with the records, is said by their own checks.
      if (leaf === null || answer.state !== 'found') return [];
      const exchanges = answer.records.map(({ exchange }) => exchange.replace(/\.$/, '')).filter(Boolean);
      const others = exchanges.filter((exchange) => leaf.checkHost(exchange) === undefined);
      if (others.length === 0) return ok(NAME, `for ${exchanges.join(', ')}`);
      const names = namesOf(leaf).slice(0, 3).join(', ');
      return note(
        NAME,
        `for ${names || 'no name'}, and the MX record names ${others.join(', ')}`,
        'Senders that check it (MTA-STS, DANE) refuse to deliver: have it made for the MX name.',
      );
    },
  };
}
