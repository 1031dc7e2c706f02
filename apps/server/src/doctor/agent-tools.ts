/** Programs that agents make good use of. */
import { type AgentTool, agentTools, missingAgentTools } from '@tinyfat/sandbox';
import { type Check, note, ok } from './finding.ts';

/** `tools`: what the machine has of them. */
export function agentToolsCheck(tools: () => AgentTool[] = agentTools): Check {
  return {
    name: 'agent tools',
    look() {
      const all = tools();
      const missing = missingAgentTools(all);
      if (missing === null) return ok(`all ${all.length} that are recommended`);
      const names = missing.tools.map(({ tool }) => tool).join(', ');
      return note(
        `${missing.tools.length} of ${all.length} that are recommended are missing: ${names}`,
        'Agents use the programs of this machine. As root, on Debian and Ubuntu:',
        missing.install,
      );
    },
  };
}
