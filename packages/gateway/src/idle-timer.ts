/** Calls `onIdle` once when `moved` was not called for `ms`. */
export function idleTimer(ms: number, onIdle: () => void): { moved(): void; stop(): void } {
  let movedAt = performance.now();
  let timer = setTimeout(check, ms);
  function check(): void {
    const left = movedAt + ms - performance.now();
    if (left > 0) timer = setTimeout(check, left);
    else onIdle();
  }
  return {
    moved() {
      movedAt = performance.now();
    },
    stop: () => clearTimeout(timer),
  };
}
