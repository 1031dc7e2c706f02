/** What becomes of a record: one structured log line, and the counters. */
import type { LogFields, Logger, Recorder } from '@tinyfat/core';

/** Writes each record as one line: failures as warnings, the rest as information. */
export function logRecorder(logger: Logger): Recorder {
  return {
    mail: (record) => logger.info('mail', { ...record }),
    run({ usage, ...record }) {
      const fields: LogFields = {
        ...record,
        input: usage.input,
        output: usage.output,
        cacheRead: usage.cacheRead,
        cacheWrite: usage.cacheWrite,
      };
      if (record.status === 'failed') logger.warn('run', fields);
      else logger.info('run', fields);
    },
    delivery(record) {
      const lost = record.state === 'failed' || record.state === 'uncertain';
      if (lost) logger.warn('delivery', { ...record });
      else logger.info('delivery', { ...record });
    },
  };
}

/** Tells several recorders, one after the other. */
export function recorders(...all: readonly Recorder[]): Recorder {
  return {
    mail(record) {
      for (const one of all) one.mail(record);
    },
    run(record) {
      for (const one of all) one.run(record);
    },
    delivery(record) {
      for (const one of all) one.delivery(record);
    },
  };
}
