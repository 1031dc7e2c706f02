export { type AgentTool, agentTools, missingAgentTools } from './agent-tools.ts';
export { type BubblewrapOptions, bubblewrap, sandboxOwner } from './bubblewrap.ts';
export { likelyCgroups, ownCgroupView } from './cgroup/find-place.ts';
export { removeStaleRuns } from './server-record.ts';
