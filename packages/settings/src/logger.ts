/** The one logger: JSON lines, or plain lines on a terminal. Callers give fields, never whole objects. */
import type { LogFields, Logger } from '@tinyfat/core';
import type { LogLevel } from './common.ts';

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Field names that could carry a secret are not printed, whatever a caller does. */
const SECRET = /key$|token|secret|password|authorization/i;

/** Makes a logger that hands finished lines (without line break) to `write`. */
export function makeLogger(options: {
  level: LogLevel;
  plain: boolean;
  write: (line: string) => void;
}): Logger {
  const least = LEVELS.indexOf(options.level);
  const log =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(level) < least) return;
      const shown = Object.entries(fields).filter(
        ([name, value]) => value !== undefined && !SECRET.test(name),
      );
      const time = new Date().toISOString();
      options.write(
        options.plain
          ? `${time.slice(11, 19)} ${level.padEnd(5)} ${event} ${shown.map(([name, value]) => `${name}=${oneLine(String(value))}`).join(' ')}`
          : JSON.stringify({ time, level, event, ...Object.fromEntries(shown) }),
      );
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}

/** The logger of a Worker: Cloudflare keeps what is written to the console. */
export function isolateLogger(level: LogLevel): Logger {
  return makeLogger({ level, plain: false, write: (line) => console.log(line) });
}

/** Nothing in a log line can look like another line or move the cursor. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
