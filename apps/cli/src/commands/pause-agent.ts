/** `tinyfat agent pause|resume`. */
import { agentRoutes } from '@tinyfat/platform';
import { overApi, refused } from '../client/open-api.ts';
import { printable } from '../output/text.ts';
import { namedAgent } from './named-agent.ts';

/** Lets the mail of an agent wait. */
export const pauseAgent = setPaused(true);

/** Lets it go on, and says how much waited. */
export const resumeAgent = setPaused(false);

function setPaused(paused: boolean) {
  return overApi<[string], object>(async (api, { words: [name] }) => {
    const agent = await namedAgent(api, name);
    if (!agent) return 1;
    const changed = await api.call(agentRoutes.changeAgent, {
      params: { agent: agent.name },
      body: { paused },
    });
    if (!changed.ok) return refused(changed);
    const { address } = changed.body;
    const waited = agent.mails_paused;
    const said = paused
      ? `${address} is paused: its mail is taken and waits. To let it go on: tinyfat agent resume ${agent.name}`
      : `${address} goes on; ${waited === 1 ? '1 mail' : `${waited} mails`} waited.`;
    console.log(printable(said));
    return 0;
  });
}
