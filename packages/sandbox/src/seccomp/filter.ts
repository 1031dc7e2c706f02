/**
 * The seccomp filter of the sandbox: a classic BPF program assembled here, without native code
 * (Documentation/userspace-api/seccomp_filter.rst). Loaded by bubblewrap just before the program starts and
 * inherited by everything inside; it can only be made stricter from there.
 */
import {
  absentCalls,
  type FilterArchitecture,
  judgedCalls,
  newestKnownCall,
  refusedCalls,
} from './syscalls.ts';

const AUDIT_ARCHITECTURE = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const fail = (errno: number) => 0x00050000 | errno;
const EPERM = 1;
const EINVAL = 22;
const ENOSYS = 38;
const EPROTONOSUPPORT = 93;
const EAFNOSUPPORT = 97;

/** Byte offsets in struct seccomp_data; arguments are 64 bits each, little endian on both architectures. */
const CALL_NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number) => 16 + index * 8;

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const NEW_NAMESPACE_FLAGS = 0x7e020000;
const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_TYPE_MASK = 0xf;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;
const RLIMIT_CORE = 4;

type Instruction = [code: number, ifTrue: number, ifFalse: number, value: number];

const load = (offset: number): Instruction => [0x20, 0, 0, offset];
const mask = (bits: number): Instruction => [0x54, 0, 0, bits];
const answer = (action: number): Instruction => [0x06, 0, 0, action];
/** Runs the block when the loaded word equals `value`, else goes on behind it. */
const whenEqual = (value: number, block: Instruction[]): Instruction[] => [
  [0x15, 0, block.length, value],
  ...block,
];
const unlessEqual = (value: number, block: Instruction[]): Instruction[] => [
  [0x15, block.length, 0, value],
  ...block,
];
const whenAbove = (value: number, block: Instruction[]): Instruction[] => [
  [0x25, 0, block.length, value],
  ...block,
];
const whenAnyBit = (bits: number, block: Instruction[]): Instruction[] => [
  [0x45, 0, block.length, bits],
  ...block,
];
/** Refuses with `errno` unless the loaded word is one of `values`. */
const onlyOneOf = (values: number[], errno: number): Instruction[] => [
  ...values.map((value, index): Instruction => [0x15, values.length - index, 0, value]),
  answer(fail(errno)),
];

/** Threads and processes yes, namespaces no. */
const judgeClone: Instruction[] = [
  load(argument(0)),
  ...whenAnyBit(NEW_NAMESPACE_FLAGS, [answer(fail(EPERM))]),
  answer(ALLOW),
];

/**
 * Unix sockets, TCP and UDP; no netlink, packet, vsock, alg … and none of the protocols (SCTP, DCCP, MPTCP …)
 * whose modules the kernel would load for us.
 */
const judgeSocket: Instruction[] = [
  load(argument(0)),
  ...whenEqual(AF_UNIX, [answer(ALLOW)]),
  ...onlyOneOf([AF_INET, AF_INET6], EAFNOSUPPORT),
  load(argument(1)),
  mask(SOCK_TYPE_MASK),
  ...onlyOneOf([SOCK_STREAM, SOCK_DGRAM], EPROTONOSUPPORT),
  load(argument(2)),
  ...onlyOneOf([0, IPPROTO_TCP, IPPROTO_UDP], EPROTONOSUPPORT),
  answer(ALLOW),
];

/** No typing into somebody's terminal. */
const judgeIoctl: Instruction[] = [
  load(argument(1)),
  ...whenEqual(TIOCSTI, [answer(fail(EPERM))]),
  ...whenEqual(TIOCLINUX, [answer(fail(EPERM))]),
  answer(ALLOW),
];

/**
 * RLIMIT_CORE stays what the host set (1 byte: the one value at which the kernel does not start the host's
 * core_pattern program, see do_coredump). EINVAL, because gpg gives up on EPERM.
 */
const judgeSetrlimit: Instruction[] = [
  load(argument(0)),
  ...whenEqual(RLIMIT_CORE, [answer(fail(EINVAL))]),
  answer(ALLOW),
];
const judgePrlimit: Instruction[] = [
  load(argument(1)),
  ...unlessEqual(RLIMIT_CORE, [answer(ALLOW)]),
  load(argument(2)),
  ...unlessEqual(0, [answer(fail(EINVAL))]),
  load(argument(2) + 4),
  ...unlessEqual(0, [answer(fail(EINVAL))]),
  answer(ALLOW),
];

/** The program for one architecture, as `struct sock_filter[]` bytes for bubblewrap's `--seccomp`. */
export function seccompFilter(architecture: FilterArchitecture): Buffer {
  const program: Instruction[] = [
    load(ARCHITECTURE),
    ...unlessEqual(AUDIT_ARCHITECTURE[architecture], [answer(KILL_PROCESS)]),
    load(CALL_NUMBER),
    // Also the x32 ABI, whose numbers begin at 0x40000000.
    ...whenAbove(newestKnownCall, [answer(fail(ENOSYS))]),
  ];
  const refuse = (calls: typeof refusedCalls, errno: number) => {
    for (const numbers of Object.values(calls)) {
      const number = numbers[architecture];
      if (number !== null) program.push(...whenEqual(number, [answer(fail(errno))]));
    }
  };
  refuse(refusedCalls, EPERM);
  refuse(absentCalls, ENOSYS);
  program.push(
    ...whenEqual(judgedCalls.clone[architecture], judgeClone),
    ...whenEqual(judgedCalls.socket[architecture], judgeSocket),
    ...whenEqual(judgedCalls.ioctl[architecture], judgeIoctl),
    ...whenEqual(judgedCalls.setrlimit[architecture], judgeSetrlimit),
    ...whenEqual(judgedCalls.prlimit64[architecture], judgePrlimit),
    answer(ALLOW),
  );
  return assemble(program);
}

/** The filter architecture of a `process.arch`; null when there is no table for it. */
export function filterArchitecture(architecture: string): FilterArchitecture | null {
  return architecture === 'x64' || architecture === 'arm64' ? architecture : null;
}

/** struct sock_filter { u16 code; u8 jt; u8 jf; u32 k; }, little endian. */
function assemble(program: Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], index) => {
    bytes.writeUInt16LE(code, index * 8);
    bytes.writeUInt8(ifTrue, index * 8 + 2);
    bytes.writeUInt8(ifFalse, index * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, index * 8 + 4);
  });
  return bytes;
}
