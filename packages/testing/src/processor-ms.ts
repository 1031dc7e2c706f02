/** Processor time that this process has used since `process.cpuUsage()` gave `begun`, ms: the same on a busy machine. */
export function processorMs(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}
