/** The port to the container that a turn runs in: a container of Cloudflare, or a stand-in for one in tests. */

export interface Container {
  /** Where the LLM route of the run is seen inside, without a slash at its end. */
  readonly gatewayUrl: string;
  /** Starts it anew from the image, with the ways out closed but for those of the run; what it held before is gone. */
  start(): Promise<void>;
  /** Runs a program in it. Rejects where the container is not running, or ends before the program has started. */
  exec(command: readonly string[], options?: ExecOptions): Promise<Exec>;
  /** Ends all that runs in it and throws away what it holds; one that does not run is no error. */
  destroy(): Promise<void>;
}

export interface ExecOptions {
  /** `agent`: the user of the image that the agent is, uid 1000; `root` by default. */
  user?: 'root' | 'agent';
  /** Nothing else is in its environment but what the image sets. */
  environment?: Readonly<Record<string, string>>;
  folder?: string;
  stdin?: ReadableStream<Uint8Array>;
}

/** A program that runs. Its stdout must be read to its end or cancelled. */
export interface Exec {
  stdout: ReadableStream<Uint8Array>;
  /** Rejects where the container ends before the program. `stderr`: its first 64 KiB. */
  ended: Promise<{ exitCode: number; stderr: string }>;
}
