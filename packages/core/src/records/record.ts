/** Recorders: one that logs, and one that passes records on to several. */
import { describeError } from '../errors/codes.ts';
import type { DeliveryRecord, Recorder } from '../ports/recorder.ts';
import type { LogFields, Logger } from '../ports/runtime.ts';

/** A delivery that keeps failing is a warning at its first try and at each tenth. */
const WARN_EVERY = 10;

/**
 * Writes each record as one line: failures as warnings, the rest as information. Of a delivery that is tried again only
 * some tries are warnings, so that one broken relay does not fill the log; its end always is.
 */
export function logRecorder(logger: Logger): Recorder {
  return {
    mail: (record) => logger.info('mail', { ...record }),
    run({ usage, ...record }) {
      const fields: LogFields = { ...record, ...usage };
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

/** Passes each record on to all of these, in order. */
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
