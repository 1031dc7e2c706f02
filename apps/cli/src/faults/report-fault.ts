/**
 * Reports an error that ended a command: a known one in two lines, what happened and the next step; any other in one line,
 * with its stack in a file. Secrets of the environment are in neither.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeUnlessThere } from '@tinyfat/server/files/make-unless-there';
import { printable } from '../output/text.ts';
import { causesOf, explainFault, type FaultContext } from './known-faults.ts';

interface FaultReport extends FaultContext {
  /** What failed, for example `tinyfat agent list`. */
  what: string;
  /** Texts that are never shown or stored. */
  secrets: readonly string[];
}

/** The newest fault files of a folder stay. */
const MOST_FILES = 20;
const MOST_CHARACTERS = 64 * 1024;
const MOST_OF_A_MESSAGE = 300;

/** The lines for standard error. Writes the file of an unknown fault. Never throws. */
export function reportFault(error: unknown, report: FaultReport): string[] {
  const silent = silencer(report.secrets);
  const line = (text: string) => printable(silent(text)).slice(0, 2 * MOST_OF_A_MESSAGE);
  const known = explainFault(error, report);
  if (known !== null) {
    const detail = silent(known.detail).slice(0, MOST_OF_A_MESSAGE);
    const lines = [line(`${report.what}: ${known.sentence} (${detail})`), line(`To mend it: ${known.fix}`)];
    return known.report ? [...lines, storedLine(error, report, silent)] : lines;
  }
  const words = error instanceof Error ? silent(`${error.name}: ${error.message}`) : `${typeof error}`;
  const shown = words.slice(0, MOST_OF_A_MESSAGE);
  return [
    line(`${report.what}: something went wrong that should not: ${shown}`),
    storedLine(error, report, silent),
  ];
}

function storedLine(error: unknown, report: FaultReport, silent: (text: string) => string): string {
  const path = store(silent(wholeText(error, report)).slice(0, MOST_CHARACTERS), report.dataDir);
  if (path === null)
    return 'All of it could be written nowhere: neither DATA_DIR nor the temporary folder takes a file.';
  return `All of it, for a report: ${path}`;
}

/** Words of the command line are left out: they can be secret. */
function wholeText(error: unknown, { what }: FaultReport): string {
  const causes = causesOf(error).map((one) => one.stack ?? one.message);
  return [
    `time: ${new Date().toISOString()}`,
    `command: ${what}`,
    `node: ${process.version} ${process.platform} ${process.arch}`,
    '',
    causes.length === 0 ? `thrown: a ${typeof error}` : causes.join('\n\ncaused by: '),
    '',
  ].join('\n');
}

/** Gives the path; null where nothing can be written. */
function store(text: string, dataDir: string | null): string | null {
  if (dataDir !== null) {
    const path = storeIn(join(dataDir, 'faults'), '', text, true);
    if (path !== null) return path;
  }
  // Everybody can write there: the name is unpredictable, and no link is followed.
  return storeIn(tmpdir(), 'tinyfat-', text, false);
}

function storeIn(folder: string, prefix: string, text: string, ours: boolean): string | null {
  try {
    // Not where the data folder is missing: that may be the fault.
    if (ours) makeUnlessThere(folder);
    const time = new Date().toISOString().replaceAll(':', '-');
    const path = join(folder, `${prefix}fault-${time}-${randomBytes(4).toString('hex')}.txt`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = openSync(path, flags, 0o600);
    let written = 0;
    try {
      written = writeSync(file, text);
    } finally {
      closeSync(file);
      // The disk is full: another folder may still take the report.
      if (written === 0) rmSync(path);
    }
    try {
      removeOld(folder, `${prefix}fault-`);
    } catch {
      // Another command may have removed them at the same time.
    }
    return path;
  } catch {
    return null;
  }
}

/** Names begin with their time. Those of other users, in a folder for all, do not count and are left. */
function removeOld(folder: string, prefix: string): void {
  const own = readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith('.txt'))
    .filter((name) => lstatSync(join(folder, name)).uid === process.getuid?.())
    .sort();
  for (const name of own.slice(0, -MOST_FILES)) rmSync(join(folder, name));
}

/** Strikes the secrets out of a text, also in the form in which URLs have them. */
export function silencer(secrets: readonly string[]): (text: string) => string {
  const forms = secrets
    .filter((secret) => secret.length >= 4)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((left, form) => left.replaceAll(form, '(secret)'), text);
}
