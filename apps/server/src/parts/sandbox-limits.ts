import type { SandboxLimits } from '@tinyfat/sandbox';

const MEGABYTE = 1024 * 1024;

/** What one turn may use; `turnTimeoutMs` is its wall clock. */
export function sandboxLimits(turnTimeoutMs: number): SandboxLimits {
  return {
    // Step-mom ends the turn by itself at the timeout; this is for when it can't any more.
    deadlineMs: turnTimeoutMs + 5000,
    memoryBytes: 1024 * MEGABYTE,
    processes: 256,
    cpuSeconds: Math.ceil(turnTimeoutMs / 1000),
    cpus: 2,
    fileBytes: 512 * MEGABYTE,
    openFiles: 4096,
    temporaryBytes: 256 * MEGABYTE,
    outputBytes: 4 * MEGABYTE,
  };
}
