import { describe, expect, it } from 'vitest';
import { isolateGate } from './isolate-gate.ts';

/** A gate with a clock that stands still but for `pass`, which lets those who wait ask again on their way. */
function manualGate() {
  let time = 0;
  let sleepers: { until: number; wake: () => void }[] = [];
  const gate = isolateGate({
    maxBytes: 100,
    maxCalls: 3,
    waitMs: 5_000,
    holdMs: 8_000,
    now: () => time,
    sleep: (ms) => new Promise<void>((wake) => sleepers.push({ until: time + ms, wake })),
  });
  const entered: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = (name: string, bytes = 1, alone = false) => {
    void gate.enter({ bytes, alone }).then((leave) => {
      entered.push(leave === null ? `${name} came too late` : name);
      if (leave !== null) leaves.set(name, leave);
    });
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** Those who wait, but `gone`, ask again every 20 ms. */
  const pass = async (ms: number) => {
    for (const end = time + ms; time < end; ) {
      time += 20;
      const due = sleepers.filter(({ until }) => until <= time);
      sleepers = sleepers.filter(({ until }) => until > time);
      for (const { wake } of due) wake();
      await settle();
    }
  };
  const forget = () => {
    sleepers = [];
  };
  return { enter, leave: (name: string) => leaves.get(name)?.(), pass, forget, settle, entered };
}

describe('the gate of an isolate', () => {
  it('lets in what has room together, and the rest in order', async () => {
    const { enter, leave, pass, settle, entered } = manualGate();
    enter('a', 60);
    enter('b', 40);
    enter('c', 1);
    enter('d', 1);
    await settle();
    expect(entered).toEqual(['a', 'b']);
    leave('b');
    await pass(40);
    expect(entered).toEqual(['a', 'b', 'c', 'd']);
    enter('e', 1);
    await pass(40);
    // Three at once.
    expect(entered).toHaveLength(4);
  });

  it('lets in one that is larger than all together may be, where nothing else is', async () => {
    const { enter, leave, pass, settle, entered } = manualGate();
    enter('a', 1);
    enter('large', 500);
    enter('b', 1);
    await settle();
    expect(entered).toEqual(['a']);
    leave('a');
    await pass(40);
    expect(entered).toEqual(['a', 'large']);
    leave('large');
    await pass(40);
    expect(entered).toEqual(['a', 'large', 'b']);
  });

  it('keeps everything from one that is alone, until its end', async () => {
    const { enter, leave, pass, settle, entered } = manualGate();
    enter('a');
    enter('alone', 1, true);
    enter('b');
    await settle();
    expect(entered).toEqual(['a']);
    leave('a');
    await pass(40);
    expect(entered).toEqual(['a', 'alone']);
    leave('alone');
    await pass(40);
    expect(entered).toEqual(['a', 'alone', 'b']);
  });

  it('sends away who waited too long', async () => {
    const { enter, pass, entered } = manualGate();
    enter('a', 1, true);
    enter('b');
    await pass(5_100);
    expect(entered).toEqual(['a', 'b came too late']);
    enter('c');
    await pass(3_000);
    expect(entered).toEqual(['a', 'b came too late', 'c']);
  });

  it('waits for nobody whose invocation was ended without a word, inside or before it', async () => {
    const { enter, pass, forget, settle, entered } = manualGate();
    enter('gone inside', 1, true);
    enter('gone before it');
    await settle();
    forget();
    await pass(4_000);
    enter('a');
    await pass(4_100);
    expect(entered).toEqual(['gone inside', 'a']);
  });
});
