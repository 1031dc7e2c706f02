/**
 * System call numbers of the kernels that the sandbox runs on (arch/x86/entry/syscalls/syscall_64.tbl and
 * include/uapi/asm-generic/unistd.h). `null`: that architecture never had the call.
 */

/** Architectures for which a filter can be made. */
export type FilterArchitecture = 'x64' | 'arm64';

type Numbers = Record<FilterArchitecture, number | null>;

const both = (x64: number, arm64: number | null): Numbers => ({ x64, arm64 });
/** Calls added since Linux 5.1 have one number everywhere. */
const same = (number: number): Numbers => ({ x64: number, arm64: number });

/** Refused with EPERM: nothing that a program in the sandbox needs, much that attacks on kernels begin with. */
export const refusedCalls: Record<string, Numbers> = {
  // New namespaces and mounts: the way to capabilities over fresh kernel objects.
  unshare: both(272, 97),
  setns: both(308, 268),
  mount: both(165, 40),
  umount2: both(166, 39),
  pivot_root: both(155, 41),
  chroot: both(161, 51),
  open_tree: same(428),
  move_mount: same(429),
  fsopen: same(430),
  fsconfig: same(431),
  fsmount: same(432),
  fspick: same(433),
  mount_setattr: same(442),
  statmount: same(457),
  listmount: same(458),
  // Other processes' memory and descriptors.
  ptrace: both(101, 117),
  process_vm_readv: both(310, 270),
  process_vm_writev: both(311, 271),
  process_madvise: same(440),
  process_mrelease: same(448),
  pidfd_getfd: same(438),
  kcmp: both(312, 272),
  // Key rings are shared by all processes of a uid, across namespaces.
  add_key: both(248, 217),
  request_key: both(249, 218),
  keyctl: both(250, 219),
  // Kernel surfaces with a long list of past holes, and no use here.
  bpf: both(321, 280),
  perf_event_open: both(298, 241),
  userfaultfd: both(323, 282),
  fanotify_init: both(300, 262),
  name_to_handle_at: both(303, 264),
  open_by_handle_at: both(304, 265),
  quotactl: both(179, 60),
  quotactl_fd: same(443),
  lookup_dcookie: both(212, 18),
  personality: both(135, 92),
  mbind: both(237, 235),
  set_mempolicy: both(238, 237),
  get_mempolicy: both(239, 236),
  set_mempolicy_home_node: same(450),
  migrate_pages: both(256, 238),
  move_pages: both(279, 239),
  modify_ldt: both(154, null),
  uselib: both(134, null),
  ustat: both(136, null),
  sysfs: both(139, null),
  _sysctl: both(156, null),
  nfsservctl: both(180, 42),
  // The machine itself.
  reboot: both(169, 142),
  kexec_load: both(246, 104),
  kexec_file_load: both(320, 294),
  init_module: both(175, 105),
  finit_module: both(313, 273),
  delete_module: both(176, 106),
  swapon: both(167, 224),
  swapoff: both(168, 225),
  acct: both(163, 89),
  syslog: both(103, 116),
  settimeofday: both(164, 170),
  clock_settime: both(227, 112),
  clock_adjtime: both(305, 266),
  adjtimex: both(159, 171),
  sethostname: both(170, 161),
  setdomainname: both(171, 162),
  vhangup: both(153, 58),
  iopl: both(172, null),
  ioperm: both(173, null),
};

/**
 * Answered as if the kernel did not have them, so that libraries take their other way: io_uring works around
 * this very filter; clone3 hides its flags behind a pointer; memory of memfd, System V IPC and message queues
 * belongs to no process and no file system, so that without a cgroup nobody could count it (and an ordinary
 * user's sandbox may raise the limits of its own IPC namespace in /proc/sys).
 */
export const absentCalls: Record<string, Numbers> = {
  io_uring_setup: same(425),
  io_uring_enter: same(426),
  io_uring_register: same(427),
  clone3: same(435),
  memfd_create: both(319, 279),
  memfd_secret: same(447),
  shmget: both(29, 194),
  msgget: both(68, 186),
  semget: both(64, 190),
  mq_open: both(240, 180),
};

/** Calls whose arguments decide. */
export const judgedCalls = {
  clone: { x64: 56, arm64: 220 },
  socket: { x64: 41, arm64: 198 },
  ioctl: { x64: 16, arm64: 29 },
  setrlimit: { x64: 160, arm64: 164 },
  prlimit64: { x64: 302, arm64: 261 },
} as const;

/** The newest call of Linux 6.16 (removexattrat 466); later ones are absent until somebody has looked at them. */
export const newestKnownCall = 466;
