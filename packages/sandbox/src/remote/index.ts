export type { AgentObject, AgentObjects, RemoteTurn } from './agent-object.ts';
export { remoteRunner } from './remote-runner.ts';
