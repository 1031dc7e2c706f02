/** Where a run's things lie, and what it may use. Production paths are in `main.ts`; tests give temp folders. */
export interface StepMomRoots {
  /** The agent's own folder, seen as /data and as the working directory of its tools. */
  dataFolder: string;
  /** Holds `input.json` and `attachments/`; read only. */
  inboxFolder: string;
  /** Skills that the platform gives to every agent. */
  platformSkillsFolder: string;
  /** The way out: a port on 127.0.0.1 (0 picks one) that is forwarded to the gateway's unix socket. */
  gateway: { socketPath: string; port: number };
  /** Sent as x-api-key; worth nothing outside this run. */
  runToken: string;
  /** The whole environment of the agent's commands, proxy settings aside. */
  childEnvironment: Record<string, string>;
  /** Epoch ms of the start of the program: the deadline counts from here. */
  startedAt: number;
}
