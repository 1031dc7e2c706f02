/**
 * Ends all that the agent runs, so that nothing changes the folder while it is read. One signal to all processes of its user
 * cannot be outrun by forks (kill(2), "-1"); then whatever is not root's own is looked for and killed until none is left. The
 * first process of the container stays. What can't be shown is not believed: then the script ends with one of these codes.
 */
import type { Container } from '../container.ts';
import { type Deadline, type Ended, runProgram } from './run-program.ts';

/** Of sh where it can start no other program. */
export const CANNOT_FORK = 2;
/** The processes could not be listed. */
const NOT_LISTED = 96;
/** Some are still alive after all tries. */
export const STILL_ALIVE = 97;
const TRIES = 200;

/** Goes before what is run as root once nothing of the agent is alive. */
export const END_AGENT = `
tries=0
while :; do
  setpriv --reuid=1000 --regid=1000 --clear-groups sh -c 'kill -9 -1' 2>/dev/null
  all=$(ps -e -o pid= -o uid= -o ruid= -o stat=) && [ -n "$all" ] || exit ${NOT_LISTED}
  alive=$(printf '%s\\n' "$all" | awk '$1 != 1 && ($2 != 0 || $3 != 0) && $4 !~ /^[ZX]/ { print $1 }') || exit ${NOT_LISTED}
  [ -n "$alive" ] || break
  kill -9 $alive 2>/dev/null
  tries=$((tries + 1))
  [ $tries -lt ${TRIES} ] || exit ${STILL_ALIVE}
  sleep 0.02
done
`;

/** Frees a container in which root can't start a second process, because the agent has them all. */
export async function killAgent(container: Container, deadline: Deadline): Promise<Ended> {
  const command = ['sh', '-c', 'kill -9 -1'];
  return await runProgram(container, deadline, { command, user: 'agent' }, async () => undefined);
}
