/** `tinyfat …`: hands the words of the command line to their command, and its result to the shell. */
import { errorCode } from '@tinyfat/core';
import { explainFault, runCommandLine } from './command-line/run.ts';

const words = process.argv.slice(2);
// Modes are set where a file is made; folders of sandboxes must be readable whatever the caller's mask is.
process.umask(0o022);
// A server handles uncaught errors itself (last-resort.ts).
process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return;
  // The reader of the output has gone, as head(1) does.
  if (errorCode(error) === 'EPIPE') process.exit(1);
  process.exit(explainFault(error, words, process.env));
});
process.exitCode = await runCommandLine(words, process.env);
