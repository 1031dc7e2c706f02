/** What becomes of a record: one structured log line, and the counters. */
import {
  type DeliveryRecord,
  describeError,
  type LogFields,
  type Logger,
  type Recorder,
} from '@tinyfat/core';

/** A delivery that fails again and again is warned of at its first try and at each tenth. */
const WARN_EVERY = 10;

/**
 * Writes each record as one line: failures as warnings, the rest as information. Of a delivery that is tried again only
 * some tries are warnings, so that one broken relay does not fill the log; its end always is.
 */
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
      const { code, reason, nextAttemptAt, ...fields } = record;
      const failed =
        code === null
          ? { code }
          : {
              code,
              reason: reason ?? undefined,
              nextAttempt: nextAttemptAt === null ? undefined : new Date(nextAttemptAt).toISOString(),
              nextStep: describeError(code).nextStep.replaceAll(
                /\b(approve|retry) ID\b/g,
                `$1 ${record.delivery}`,
              ),
            };
      if (isWarned(record)) logger.warn('delivery', { ...fields, ...failed });
      else logger.info('delivery', { ...fields, ...failed });
    },
  };
}

function isWarned({ state, attempt }: DeliveryRecord): boolean {
  if (state !== 'pending') return state === 'failed' || state === 'uncertain';
  return attempt === 1 || attempt % WARN_EVERY === 0;
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
