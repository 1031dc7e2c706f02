import { faultText, type Logger } from '@tinyfat/core';

/**
 * Undoes what was started, the last first. A step that fails is logged and keeps none of the others from being taken:
 * a port that stayed open would take mail that nobody works on. Gives whether all went well.
 */
export async function unwind(
  steps: readonly (() => Promise<void> | void)[],
  logger: Logger,
): Promise<boolean> {
  let clean = true;
  for (const step of steps.toReversed()) {
    try {
      await step();
    } catch (error) {
      clean = false;
      logger.error('stop_failed', { error: faultText(error) });
    }
  }
  return clean;
}
