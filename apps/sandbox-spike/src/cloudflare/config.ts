/** The settings of this Worker, from its variables and secrets; they mean what they mean for the server. */
import { type CommonSettings, readCommonSettings, settingsReader } from '@tinyfat/settings';
import { LONGEST_TURN_MS } from '../container/limits.ts';

export type SandboxSettings = Pick<CommonSettings, 'anthropic' | 'masterKeys' | 'turnTimeoutMs' | 'logLevel'>;

/** Reads them; throws with all that is wrong. Bindings that are no text are left out. */
export function readSettings(bindings: object): SandboxSettings {
  const texts = Object.entries(bindings).filter(([, value]) => typeof value === 'string');
  const reader = settingsReader(Object.fromEntries(texts));
  const settings = readCommonSettings(reader);
  if (settings.turnTimeoutMs > LONGEST_TURN_MS) {
    reader.problems.push(
      `TURN_TIMEOUT_S must be at most ${LONGEST_TURN_MS / 1000} here: a consumer of a queue ends after 15 minutes.`,
    );
  }
  if (reader.problems.length > 0) throw new Error(reader.problems.join(' '));
  return settings;
}
