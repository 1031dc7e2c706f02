export { type AgentTool, agentTools, missingAgentTools } from './agent-tools.ts';
export { bubblewrap, sandboxOwner } from './bubblewrap.ts';
export { likelyCgroups } from './cgroup/find-place.ts';
export type * from './contract.ts';
export { identify, isAlive } from './process-identity.ts';
export { removeStaleRuns } from './server-record.ts';
