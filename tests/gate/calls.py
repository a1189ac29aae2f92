"""The system calls that other processes can notice, and those that wait for other processes."""

import platform
from typing import NamedTuple

from tests.system import waits

# Number of each on x86-64 and on aarch64, from <asm/unistd_64.h> and <asm-generic/unistd.h> of
# Linux 6.18; -1 where an architecture does not have it.
_NUMBERS = """
read 0 63  write 1 64  readv 19 65  writev 20 66  pread64 17 67  pwrite64 18 68
preadv 295 69  pwritev 296 70  preadv2 327 286  pwritev2 328 287
sendfile 40 71  splice 275 76  tee 276 77  vmsplice 278 75  copy_file_range 326 285
open 2 -1  openat 257 56  openat2 437 437  creat 85 -1  close 3 57  close_range 436 436
dup2 33 -1  dup3 292 24  fcntl 72 25  ioctl 16 29  flock 73 32  lseek 8 62
ftruncate 77 46  truncate 76 45  fallocate 285 47
stat 4 -1  lstat 6 -1  fstat 5 80  newfstatat 262 79  statx 332 291
access 21 -1  faccessat 269 48  faccessat2 439 439  readlink 89 -1  readlinkat 267 78
getdents64 217 61  mkdir 83 -1  mkdirat 258 34  mknod 133 -1  mknodat 259 33
rmdir 84 -1  unlink 87 -1  unlinkat 263 35  rename 82 -1  renameat 264 38  renameat2 316 276
link 86 -1  linkat 265 37  symlink 88 -1  symlinkat 266 36
chmod 90 -1  fchmod 91 52  fchmodat 268 53
pipe 22 -1  pipe2 293 59  socket 41 198  socketpair 53 199  bind 49 200  listen 50 201
connect 42 203  accept 43 202  accept4 288 242  sendto 44 206  recvfrom 45 207
sendmsg 46 211  recvmsg 47 212  sendmmsg 307 269  recvmmsg 299 243  shutdown 48 210
poll 7 -1  ppoll 271 73  select 23 -1  pselect6 270 72
epoll_wait 232 -1  epoll_pwait 281 22  epoll_pwait2 441 441
eventfd 284 -1  eventfd2 290 19  memfd_create 319 279  timerfd_settime 286 86
mq_open 240 180  mq_unlink 241 181  mq_timedsend 242 182  mq_timedreceive 243 183
mq_notify 244 184  mq_getsetattr 245 185
msgget 68 186  msgsnd 69 189  msgrcv 70 188  msgctl 71 187
semget 64 190  semop 65 193  semtimedop 220 192  semctl 66 191
shmget 29 194  shmat 30 196  shmdt 67 197  shmctl 31 195
futex 202 98  futex_waitv 449 449  futex_wake 454 454  futex_wait 455 455
clone 56 220  clone3 435 435  fork 57 -1  vfork 58 -1  set_robust_list 273 99
exit 60 93  exit_group 231 94  wait4 61 260  waitid 247 95
kill 62 129  tkill 200 130  tgkill 234 131  rt_sigqueueinfo 129 138
rt_tgsigqueueinfo 297 240  pidfd_send_signal 424 424  pidfd_open 434 434
pause 34 -1  rt_sigsuspend 130 133  rt_sigtimedwait 128 137
setitimer 38 103  timer_settime 223 110  alarm 37 -1  nanosleep 35 101  clock_nanosleep 230 115
process_vm_readv 310 270  process_vm_writev 311 271
umask 95 166  chdir 80 49  fchdir 81 50  chroot 161 51  setpgid 109 154  setsid 112 157
setpriority 141 140  setrlimit 160 164  sched_setaffinity 203 122  sched_setscheduler 144 119
setuid 105 146  setgid 106 144  setreuid 113 145  setregid 114 143  setresuid 117 147
setresgid 119 149  setgroups 116 159
"""

# Further ones, which no other process can notice: they wait only where each call is counted.
_ALONE = """
dup 32 23  setsockopt 54 208  getsockopt 55 209  getsockname 51 204  getpeername 52 205
epoll_create1 291 20  epoll_ctl 233 21  getcwd 79 17  fsync 74 82  fdatasync 75 83
rt_sigaction 13 134  rt_sigprocmask 14 135  rt_sigreturn 15 139  rt_sigpending 127 136
sigaltstack 131 132  signalfd4 289 74  getitimer 36 102  timerfd_create 283 85
timerfd_gettime 287 87
getpid 39 172  getppid 110 173  gettid 186 178  getpgid 121 155  getsid 124 156  getuid 102 174
geteuid 107 175  getgid 104 176  getegid 108 177  getresuid 118 148  getresgid 120 150
prctl 157 167  getrlimit 97 163
prlimit64 302 261  getrusage 98 165  times 100 153  uname 63 160  sysinfo 99 179
getpriority 140 141  sched_getaffinity 204 123  sched_yield 24 124  getcpu 309 168
clock_gettime 228 113  clock_getres 229 114  gettimeofday 96 169  getrandom 318 278
get_robust_list 274 100  set_tid_address 218 96  rseq 334 293  membarrier 324 283  execve 59 221
execveat 322 281  pidfd_getfd 438 438  seccomp 317 277  arch_prctl 158 -1  restart_syscall 219 128
"""

# Of memory.  How many of these there are depends on where the heap of the interpreter ends.
_MEMORY = """
mmap 9 222  mprotect 10 226  munmap 11 215  brk 12 214  mremap 25 216  msync 26 227  mincore 27 232
madvise 28 233
"""


class Architecture(NamedTuple):
    """What the system calls of a machine are called by.

    audit: its AUDIT_ARCH, <linux/audit.h>.
    numbers: of each system call that is watched, by its name.
    alone: of further ones, which no other process can notice.
    memory: of those of memory.
    seccomp: the number of seccomp(2).
    """

    audit: int
    numbers: dict[str, int]
    alone: dict[str, int]
    memory: dict[str, int]
    seccomp: int


def _column(table: str, column: int) -> dict[str, int]:
    fields = table.split()
    pairs = zip(fields[::3], fields[column::3], strict=True)
    return {name: int(number) for name, number in pairs if number != "-1"}


def _architecture(audit: int, column: int, seccomp: int) -> Architecture:
    numbers, alone, memory = (_column(table, column) for table in (_NUMBERS, _ALONE, _MEMORY))
    return Architecture(audit, numbers, alone, memory, seccomp)


_ARCHITECTURES = {
    "x86_64": _architecture(0xC000003E, 1, 317),
    "aarch64": _architecture(0xC00000B7, 2, 277),
}


def of_this_machine() -> Architecture | None:
    """Return the numbers of this machine, or None if they are not known here."""
    return _ARCHITECTURES.get(platform.machine())


def words(text: str) -> frozenset[str]:
    """Return the names in *text*."""
    return frozenset(text.split())


BIRTHS = words("clone clone3 fork vfork")
"""After one of these there may be a new process, or a new thread."""

ENDS = words("exit exit_group")
SENDS = words(
    "write writev pwrite64 pwritev pwritev2 sendfile splice sendto sendmsg sendmmsg msgsnd"
    " mq_timedsend"
)

BY_DESCRIPTOR = words(
    "read write readv writev pread64 pwrite64 preadv pwritev preadv2 pwritev2 close fcntl ioctl"
    " lseek fstat getdents64 flock ftruncate fallocate fchmod"
)
"""The first argument is a descriptor."""

SLEEPS = waits.SLEEPS
SETTINGS = words(
    "umask chdir fchdir chroot setpgid setsid setpriority setrlimit sched_setaffinity"
    " sched_setscheduler setuid setgid setreuid setregid setresuid setresgid setgroups"
)
"""They change what holds for a process as a whole, for all of its threads."""

OWN = words(
    "mmap munmap mremap brk dup getrandom getpid gettid getppid rt_sigaction rt_sigprocmask prctl"
    " epoll_create1 epoll_ctl setsockopt getsockopt getsockname"
)
"""No other process can notice them.  An order does without them; a strike may come at one."""

ALARMS = words("setitimer timer_settime alarm timerfd_settime")
"""After one of these something may come after some time, to any process."""

LOOKS = words(
    "stat lstat fstat newfstatat statx access faccessat faccessat2 readlink readlinkat getdents64"
    " poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2 mq_getsetattr pidfd_open"
    " pread64 preadv preadv2 process_vm_readv nanosleep clock_nanosleep set_robust_list"
)
"""They change nothing that another process can notice."""

OPENS = words("open openat openat2 creat")

_ONE_PATH = words("open creat stat lstat access readlink mkdir mknod rmdir unlink chmod truncate")
_PATH_AT_DIRECTORY = words(
    "openat openat2 newfstatat statx faccessat faccessat2 readlinkat mkdirat mknodat unlinkat"
    " fchmodat"
)
PATHS = {
    **dict.fromkeys(_ONE_PATH, ((-1, 0),)),
    **dict.fromkeys(_PATH_AT_DIRECTORY, ((0, 1),)),
    **dict.fromkeys(words("rename link symlink"), ((-1, 0), (-1, 1))),
    **dict.fromkeys(words("renameat renameat2 linkat"), ((0, 1), (2, 3))),
    "symlinkat": ((1, 2),),
}
"""Which arguments are paths: each with that which is the directory's descriptor, or -1."""

has_limit = waits.has_limit
