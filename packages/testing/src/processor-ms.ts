/**
 * Starts to count the processor time of this thread; gives what tells how much it was since, ms. It is about the same on a
 * busy machine, and what other threads of the process do is no part of it where Node can tell them apart (from 24 on).
 */
export function processorClock(): () => number {
  const { threadCpuUsage }: { threadCpuUsage?: (before?: NodeJS.CpuUsage) => NodeJS.CpuUsage } = process;
  const used = threadCpuUsage ?? process.cpuUsage;
  const begun = used.call(process);
  return () => {
    const { user, system } = used.call(process, begun);
    return (user + system) / 1000;
  };
}
