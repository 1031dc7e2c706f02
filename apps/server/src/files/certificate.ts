/** The certificate of the SMTP listener: read at the start, and again when the operator says so (SIGHUP). */
import type { Clock, Logger } from '@tinyfat/core';
import type { SmtpListener } from '@tinyfat/mail/node';
import { type LoadedTls, loadTlsFiles, type TlsFiles } from './tls-files.ts';

/** Reads the pair, and says in the log what should be better about it. */
export function readCertificate(files: TlsFiles, clock: Clock, logger: Logger): LoadedTls {
  const loaded = loadTlsFiles(files, clock());
  for (const { code, reason, fix } of loaded.ok ? loaded.warnings : []) {
    logger.warn('certificate', { code, reason, nextStep: fix });
  }
  return loaded;
}

/** Gives the listener what lies in the files now. A pair that can not be used is an error line, and the old one stays. */
export function reloadCertificate(
  files: TlsFiles | null,
  listener: Pick<SmtpListener, 'replaceCertificate'> | null,
  clock: Clock,
  logger: Logger,
): void {
  if (files === null || listener === null) {
    logger.info('certificate_none', { reason: 'No listener with SMTP_TLS_CERT and SMTP_TLS_KEY.' });
    return;
  }
  const loaded = readCertificate(files, clock, logger);
  if (!loaded.ok) {
    const { code, reason, fix } = loaded;
    logger.error('certificate_not_reloaded', { code, reason, nextStep: fix, stays: 'the old one' });
    return;
  }
  listener.replaceCertificate(loaded);
  logger.info('certificate_reloaded', {
    names: loaded.names.join(' '),
    validUntil: new Date(loaded.validUntil).toISOString(),
  });
}
