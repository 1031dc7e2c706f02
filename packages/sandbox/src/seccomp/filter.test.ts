import { describe, expect, it } from 'vitest';
import { filterArchitecture, seccompFilter } from './filter.ts';
import { absentCalls, type FilterArchitecture, judgedCalls, refusedCalls } from './syscalls.ts';

const ALLOW = 'allow';
const architectures: FilterArchitecture[] = ['x64', 'arm64'];
const audit = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** What the kernel would do: runs the program over one struct seccomp_data, by the rules of the kernel's bpf(4). */
function judge(
  architecture: FilterArchitecture,
  call: number,
  words: bigint[] = [],
  audited?: number,
): string {
  const program = seccompFilter(architecture);
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call >>> 0, 0);
  data.writeUInt32LE(audited ?? audit[architecture], 4);
  words.forEach((word, index) => {
    data.writeBigUInt64LE(BigInt.asUintN(64, word), 16 + index * 8);
  });
  let accumulator = 0;
  for (let at = 0; at * 8 < program.length; at += 1) {
    const code = program.readUInt16LE(at * 8);
    const ifTrue = program.readUInt8(at * 8 + 2);
    const ifFalse = program.readUInt8(at * 8 + 3);
    const value = program.readUInt32LE(at * 8 + 4);
    const jump = (yes: boolean) => {
      at += yes ? ifTrue : ifFalse;
    };
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x54) accumulator = (accumulator & value) >>> 0;
    else if (code === 0x15) jump(accumulator === value);
    else if (code === 0x25) jump(accumulator > value);
    else if (code === 0x45) jump((accumulator & value) !== 0);
    else if (code === 0x06) {
      if (value === 0x7fff0000) return ALLOW;
      if (value === 0x80000000) return 'kill';
      return `errno ${value & 0xffff}`;
    } else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error('ran off the end');
}

describe.each(architectures)('the seccomp filter for %s', (architecture) => {
  const { clone, socket, ioctl, prlimit64, setrlimit } = judgedCalls;

  it('refuses every call of the list', () => {
    for (const [name, numbers] of Object.entries(refusedCalls)) {
      const number = numbers[architecture];
      if (number !== null) expect([name, judge(architecture, number)]).toEqual([name, 'errno 1']);
    }
    for (const [name, numbers] of Object.entries(absentCalls)) {
      const number = numbers[architecture];
      if (number !== null) expect([name, judge(architecture, number)]).toEqual([name, 'errno 38']);
    }
  });

  it('names no number twice', () => {
    const numbers = [refusedCalls, absentCalls, judgedCalls]
      .flatMap((calls) => Object.values(calls).map((entry) => entry[architecture]))
      .filter((number) => number !== null);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('lets what programs are made of pass', () => {
    const plain = {
      x64: { read: 0, write: 1, mmap: 9, execve: 59, exit_group: 231, openat: 257, futex: 202, openat2: 437 },
      arm64: {
        read: 63,
        write: 64,
        mmap: 222,
        execve: 221,
        exit_group: 94,
        openat: 56,
        futex: 98,
        openat2: 437,
      },
    };
    for (const number of Object.values(plain[architecture])) expect(judge(architecture, number)).toBe(ALLOW);
  });

  it('kills a program that calls by another architecture’s table', () => {
    const i386 = 0x40000003;
    expect(judge(architecture, 1, [], i386)).toBe('kill');
    const other = architecture === 'x64' ? 'arm64' : 'x64';
    expect(judge(architecture, 1, [], audit[other])).toBe('kill');
  });

  it('has no call that is newer than its table, nor the x32 ones', () => {
    expect(judge(architecture, 467)).toBe('errno 38');
    expect(judge(architecture, 0x40000000 + 59)).toBe('errno 38');
    expect(judge(architecture, 0xffffffff)).toBe('errno 38');
  });

  it('lets clone make processes and threads, no namespaces', () => {
    const SIGCHLD = 17n;
    const thread = 0x3d0f00n;
    expect(judge(architecture, clone[architecture], [SIGCHLD])).toBe(ALLOW);
    expect(judge(architecture, clone[architecture], [thread])).toBe(ALLOW);
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n])
      expect(judge(architecture, clone[architecture], [flag | SIGCHLD])).toBe('errno 1');
  });

  it('lets unix, TCP and UDP sockets be made, and nothing else', () => {
    const make = (family: number, type: number, protocol: number) =>
      judge(architecture, socket[architecture], [BigInt(family), BigInt(type), BigInt(protocol)]);
    const SOCK_CLOEXEC = 0o2000000;
    const SOCK_NONBLOCK = 0o4000;
    expect(make(1, 1, 0)).toBe(ALLOW);
    expect(make(1, 5, 0)).toBe(ALLOW);
    expect(make(2, 1 | SOCK_CLOEXEC | SOCK_NONBLOCK, 6)).toBe(ALLOW);
    expect(make(10, 2 | SOCK_CLOEXEC, 17)).toBe(ALLOW);
    const families = Array.from({ length: 46 }, (_, family) => family).filter(
      (family) => ![1, 2, 10].includes(family),
    );
    for (const family of families) expect([family, make(family, 1, 0)]).toEqual([family, 'errno 97']);
    // Raw and packet types; SCTP, DCCP, UDP-Lite, MPTCP, SMC.
    for (const type of [0, 3, 4, 5, 6, 10]) expect(make(2, type, 0)).toBe('errno 93');
    for (const protocol of [1, 33, 132, 136, 256, 262]) expect(make(10, 1, protocol)).toBe('errno 93');
    // Only the low word counts for the kernel, so only it may count here.
    expect(judge(architecture, socket[architecture], [0x1_0000_0010n, 3n, 0n])).toBe('errno 97');
  });

  it('lets no input be typed into a terminal', () => {
    for (const request of [0x5412n, 0x541cn, 0xffffffff_00005412n])
      expect(judge(architecture, ioctl[architecture], [0n, request])).toBe('errno 1');
    expect(judge(architecture, ioctl[architecture], [0n, 0x5401n])).toBe(ALLOW);
  });

  it('lets limits be read and lowered, but that of core files not be set', () => {
    const pointer = 0x7fff_0000_0000n;
    const [CORE, FILES] = [4n, 7n];
    expect(judge(architecture, prlimit64[architecture], [0n, CORE, 0n, pointer])).toBe(ALLOW);
    expect(judge(architecture, prlimit64[architecture], [0n, CORE, pointer, 0n])).toBe('errno 22');
    expect(judge(architecture, prlimit64[architecture], [0n, CORE, 0x1000n, 0n])).toBe('errno 22');
    expect(judge(architecture, prlimit64[architecture], [0n, FILES, pointer, 0n])).toBe(ALLOW);
    expect(judge(architecture, setrlimit[architecture], [CORE, pointer])).toBe('errno 22');
    expect(judge(architecture, setrlimit[architecture], [FILES, pointer])).toBe(ALLOW);
  });
});

it('there is a filter for the architectures with a table, and no other', () => {
  expect(['x64', 'arm64', 'ia32', 'riscv64'].map(filterArchitecture)).toEqual(['x64', 'arm64', null, null]);
});
