/** Named places where a request waits for the test, and the test for a request. */
export interface Gates {
  /** Called by the request: resolves once the gate is open. */
  pass(name: string): Promise<void>;
  /** Resolves when `times` requests (one by default) have come to this gate. */
  arrived(name: string, times?: number): Promise<void>;
  /** Opens the gate, for those that wait and for all that come. */
  release(name: string): void;
  /** Opens every gate. */
  releaseAll(): void;
}

export function createGates(): Gates {
  const gates = new Map<string, Gate>();
  const gate = (name: string): Gate => {
    const known = gates.get(name) ?? makeGate();
    gates.set(name, known);
    return known;
  };
  return {
    pass(name) {
      const it = gate(name);
      it.arrivals += 1;
      it.expected = it.expected.filter(({ times, resolve }) => {
        if (it.arrivals < times) return true;
        resolve();
        return false;
      });
      return it.opened;
    },
    arrived(name, times = 1) {
      const it = gate(name);
      if (it.arrivals >= times) return Promise.resolve();
      return new Promise((resolve) => it.expected.push({ times, resolve }));
    },
    release: (name) => gate(name).open(),
    releaseAll() {
      for (const it of gates.values()) it.open();
    },
  };
}

interface Gate {
  arrivals: number;
  expected: { times: number; resolve: () => void }[];
  opened: Promise<void>;
  open: () => void;
}

function makeGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { arrivals: 0, expected: [], opened: promise, open: resolve };
}
