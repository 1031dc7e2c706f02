/** A sandbox of this machine, as the local runner of turns uses it. */
import type { TurnStop } from '@tinyfat/core';

/** Limits of one run. Times in ms, sizes in bytes. */
export interface SandboxLimits {
  /** Wall clock; at the end everything in the sandbox is killed. */
  deadlineMs: number;
  memoryBytes: number;
  /** Processes and threads at once. */
  processes: number;
  /** CPU time of one process, seconds. */
  cpuSeconds: number;
  /** Cores that the whole run may use (enforced where a cgroup can be made). */
  cpus: number;
  /** Largest file the run may write. */
  fileBytes: number;
  openFiles: number;
  /** Size of /tmp. */
  temporaryBytes: number;
  /** stdout + stderr together; more ends the run. */
  outputBytes: number;
}

/** One run: which folders are seen inside, and what is started. Paths are the host's. */
export interface SandboxRequest {
  /** Names the run in cgroups and logs; [a-z0-9-] only. */
  runId: string;
  /** The agent's folder, bound read-write at /data. */
  dataFolder: string;
  /** Bound read-only at /inbox. */
  inboxFolder: string;
  /** Read-only folders of the platform: destination inside → host folder (for example /opt/step-mom). */
  platformFolders: Record<string, string>;
  /** A folder bound read-write besides /data; only the start-up probe uses it (compile cache). */
  writableFolders?: Record<string, string>;
  /** Host path of the gateway's unix socket, seen as /run/gateway.sock; absent = no way out at all. */
  gatewaySocket?: string;
  /** Program and arguments inside; 'node' as the first word is the host's own Node. */
  command: string[];
  /** The whole environment inside, besides PATH, HOME, TMPDIR and LANG. */
  environment: Record<string, string>;
  limits: SandboxLimits;
  /** Called with each chunk of stdout as it comes. */
  onStdout?: (chunk: Uint8Array) => void;
}

/** Why the host ended a run; null when the program ended by itself. */
export type SandboxStop = TurnStop | null;

/** How a run ended. `stdout` and `stderr` are cut at the output limit; nothing is left alive by then. */
export interface SandboxResult {
  exitCode: number | null;
  signal: string | null;
  stopped: SandboxStop;
  stdout: string;
  stderr: string;
  durationMs: number;
  /** Highest memory use seen, bytes; null where it could not be measured. */
  peakMemoryBytes: number | null;
}

export interface RunningSandbox {
  /** Resolves once every process of the run is gone. Never rejects for what happens inside. */
  finished: Promise<SandboxResult>;
  /** Kills everything inside at once; `finished` then says why, `cancelled` unless another reason is given. */
  cancel(reason?: 'cancelled' | 'quota'): void;
}

export type SandboxProbe = { ok: true; detail: string } | { ok: false; reason: string; fix: string };

export interface Sandbox {
  /** Runs a real sandbox once. A server must not start unless this is ok. */
  probe(): Promise<SandboxProbe>;
  start(request: SandboxRequest): RunningSandbox;
}
