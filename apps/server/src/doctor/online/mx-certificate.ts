/** Is the certificate for the name that senders connect to? */
import { X509Certificate } from 'node:crypto';
import { loadTlsFiles, type TlsFiles } from '../../files/tls-files.ts';
import { type Check, note, ok } from '../finding.ts';
import type { Answer, MxRecord } from './dns.ts';

/** Compares the names of the certificate with those of the MX records. */
export function mxCertificateCheck(files: TlsFiles, mx: () => Promise<Answer<MxRecord>>): Check {
  return {
    name: 'mx certificate',
    async look() {
      const answer = await mx();
      const loaded = loadTlsFiles(files, Date.now());
      // The checks of the files and of the records say what is wrong with these.
      if (!loaded.ok || answer.state !== 'found') return [];
      const certificate = new X509Certificate(loaded.cert);
      const exchanges = answer.records.map(({ exchange }) => exchange.replace(/\.$/, '')).filter(Boolean);
      const others = exchanges.filter((exchange) => certificate.checkHost(exchange) === undefined);
      if (others.length === 0) return ok(`for ${exchanges.join(', ')}`);
      return note(
        `for ${loaded.names.slice(0, 3).join(', ') || 'no name'}, and the MX record names ${others.join(', ')}`,
        'Senders that check it (MTA-STS, DANE) refuse to deliver: have it made for the MX name.',
      );
    },
  };
}
