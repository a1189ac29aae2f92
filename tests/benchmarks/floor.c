/* The floor of the benchmarks of messages: each mechanism driven from C, with nothing around it.
 *
 * floor MECHANISM reads commands, a line each, and answers each with nanoseconds:
 *
 * OURS THEIRS rtt COUNT SIZE   round trips between this process and one it has forked, after a
 *                              tenth of COUNT to warm up -> the median
 * OURS THEIRS one COUNT SIZE   the same, but each way back is stamped -> the median of that
 * OURS THEIRS stream COUNT SIZE WORKERS BATCHES
 *                              BATCHES of COUNT messages from each of WORKERS processes, after one
 *                              to warm up -> for a message, the mean of the middle half of them:
 *                              from the word to begin until all bytes are there
 * OURS THEIRS load SPAN SIZE   messages at intended times, of SPAN nanoseconds at each level: see
 *                              floor_load.c -> picoseconds of a message as fast as it goes, then
 *                              for each level how many messages and the delay of each
 *
 * OURS and THEIRS are the processors of this process and of the workers, by their numbers and with
 * commas; "-" is any.  What is measured from Python has the same processors, the same COUNT in a
 * batch, pauses as long, and queues as deep: see tests/benchmarks/messages.py.
 *
 * A mechanism whose packets are limited carries a large message in pieces, as it must.  Nothing
 * is checked, retried or cleaned up but what the next command needs: that is the point.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <math.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <sched.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { MOST_WORKERS = 64, READ = 65536, MQ = 8192, SYSV = 4096, SLOT = 65536, SLOTS = 16 };
enum { PAUSE = 1000 }; /* microseconds before a batch */

static char buffer[1 << 20]; /* what is sent */
/* Where what comes is put, so that in the end a whole message lies there: one place for each worker
 * whose messages can be told from others', else the first. */
static struct { char *at; size_t got; } inbox[MOST_WORKERS];
static size_t whole; /* bytes of a message */
static int in[MOST_WORKERS], out[MOST_WORKERS]; /* the caller's ends, by worker */
static int w_in, w_out;                         /* a worker's */
static int gate[MOST_WORKERS][2];               /* a byte lets a worker begin */
static int me;                                  /* in a worker: its number */
static const char *kind;
static int workers;
static char ours[1024], theirs[1024]; /* processors */

static void die(const char *what) { perror(what); exit(1); }
static long check(long value, const char *what) { if (value < 0) die(what); return value; }

static long long now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void stay_on(const char *processors)
{
#ifdef __linux__
	cpu_set_t some;
	CPU_ZERO(&some);
	if (*processors == '-') return;
	for (const char *at = processors; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
		CPU_SET(atoi(at), &some);
	check(sched_setaffinity(0, sizeof some, &some), "sched_setaffinity");
#endif
}

/* -- streams: one reader and one writer each, or all workers at one fifo ------------------- */

static void write_all(int fd, const char *from, size_t n)
{
	while (n > 0) {
		ssize_t done = check(write(fd, from, n), "write");
		from += done;
		n -= done;
	}
}

static char *place(int i) { return inbox[i].at + inbox[i].got; }

static size_t arrived(int i, size_t n)
{
	inbox[i].got = (inbox[i].got + n) % whole;
	return n;
}

/* Read what is left of a message, or several that are small; return 0 at the end of file. */
static size_t some(int fd, int i)
{
	size_t left = whole - inbox[i].got;
	return arrived(i, check(read(fd, place(i), left < READ ? READ : left), "read"));
}

static void nodelay(int fd)
{
	int yes = 1;
	check(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes), "TCP_NODELAY");
}

/* -- packets ------------------------------------------------------------------------------- */

static mqd_t up, down;
static int q_up = -1, q_down = -1;
struct packet { long type; char data[SYSV]; };

struct ring {
	sem_t lock, room, there;
	unsigned put, taken, size[SLOTS];
	char slot[SLOTS][SLOT];
};
static struct ring *rings;

static void wait_for(sem_t *s) { while (sem_wait(s) != 0) ; }

static void ring_put(struct ring *r, const char *from, size_t n)
{
	wait_for(&r->room);
	wait_for(&r->lock);
	memcpy(r->slot[r->put % SLOTS], from, n);
	r->size[r->put++ % SLOTS] = n;
	sem_post(&r->lock);
	sem_post(&r->there);
}

static size_t ring_take(struct ring *r, char *to)
{
	size_t n;
	wait_for(&r->there);
	n = r->size[r->taken % SLOTS];
	memcpy(to, r->slot[r->taken++ % SLOTS], n);
	sem_post(&r->room);
	return n;
}

static mqd_t queue(void)
{
	char name[64];
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = MQ };
	mqd_t q;
	snprintf(name, sizeof name, "/floor-%d-%lld", getpid(), now());
	q = check(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr), "mq_open");
	mq_unlink(name);
	return q;
}

/* -- one mechanism ------------------------------------------------------------------------- */

static int is(const char *name) { return strcmp(kind, name) == 0; }
static int packets(void) { return is("posix_mq") || is("sysv_mq") || is("shm"); }

static size_t most(void)
{
	return is("posix_mq") ? MQ : is("sysv_mq") ? SYSV : is("shm") ? SLOT : is("fifo") ? 4096 : 1 << 30;
}

/* Send a piece: in a worker to the caller, in the caller to its one worker. */
static void send_piece(int worker, const char *from, size_t n)
{
	if (is("posix_mq"))
		check(mq_send(worker ? up : down, from, n, 0), "mq_send");
	else if (is("sysv_mq")) {
		static struct packet p = { .type = 1 };
		memcpy(p.data, from, n);
		check(msgsnd(worker ? q_up : q_down, &p, n, 0), "msgsnd");
	} else if (is("shm"))
		ring_put(rings + !worker, from, n);
	else
		write_all(worker ? w_out : out[0], from, n);
}

static void send_all(int worker, size_t n)
{
	size_t piece = most();
	for (size_t at = 0; at < n; at += piece)
		send_piece(worker, buffer + at, n - at < piece ? n - at : piece);
}

/* Receive what is there, at least a byte; return how much. */
static size_t receive(int worker)
{
	if (is("posix_mq"))
		return arrived(0, check(mq_receive(worker ? down : up, place(0), MQ, NULL), "mq_receive"));
	if (is("sysv_mq")) {
		static struct packet p;
		size_t size = check(msgrcv(worker ? q_down : q_up, &p, SYSV, 0, 0), "msgrcv");
		memcpy(place(0), p.data, size);
		return arrived(0, size);
	}
	if (is("shm"))
		return arrived(0, ring_take(rings + !!worker, place(0)));
	if (worker || workers == 1 || is("fifo")) {
		size_t got = some(worker ? w_in : in[0], 0);
		if (got == 0) { fprintf(stderr, "end of file\n"); exit(1); }
		return got;
	}
	struct pollfd fds[MOST_WORKERS];
	size_t got = 0;
	for (int i = 0; i < workers; i++)
		fds[i] = (struct pollfd){ .fd = in[i], .events = POLLIN };
	check(poll(fds, workers, -1), "poll");
	for (int i = 0; i < workers; i++)
		if (fds[i].revents) {
			size_t done = some(in[i], i);
			if (done == 0)
				in[i] = -1; /* poll(2) skips it */
			got += done;
		}
	return got;
}

static void receive_all(int worker, size_t n)
{
	while (n > 0) {
		size_t got = receive(worker);
		n -= got < n ? got : n;
	}
}

/* Let a pipe hold as much as that of a channel: transports/_channel/capacity.py. */
static void widen(int fd, int pipes)
{
#ifdef F_SETPIPE_SZ
	int size = 1 << 20;
	while (size > READ && size * pipes > 8 << 20) size /= 2;
	fcntl(fd, F_SETPIPE_SZ, size); /* refused beyond the limits of the user, as there */
#endif
}

/* Open the mechanism and start the workers. */
static void begin(void (*body)(long, size_t), long count, size_t size)
{
	char directory[] = "/tmp/floor-XXXXXX", path[64];
	int listener = -1, a[2], b[2];
	struct sockaddr_in in_addr = { .sin_family = AF_INET };
	struct sockaddr_un un_addr = { .sun_family = AF_UNIX };
	socklen_t length = sizeof in_addr;

	whole = size;
	for (int i = 0; i < workers; i++) {
		inbox[i].got = 0;
		if (!(inbox[i].at = malloc(size + READ))) die("malloc");
	}
	if (is("posix_mq")) {
		up = queue();
		down = queue();
	} else if (is("sysv_mq")) {
		q_up = check(msgget(IPC_PRIVATE, 0600), "msgget");
		q_down = check(msgget(IPC_PRIVATE, 0600), "msgget");
	} else if (is("shm")) {
		snprintf(path, sizeof path, "/floor-%d-%lld", getpid(), now());
		int fd = check(shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600), "shm_open");
		shm_unlink(path);
		check(ftruncate(fd, 2 * sizeof *rings), "ftruncate");
		rings = mmap(NULL, 2 * sizeof *rings, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (rings == MAP_FAILED) die("mmap");
		close(fd);
		for (int i = 0; i < 2; i++) {
			sem_init(&rings[i].lock, 1, 1);
			sem_init(&rings[i].room, 1, SLOTS);
			sem_init(&rings[i].there, 1, 0);
		}
	} else if (is("tcp")) {
		listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
		in_addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		check(bind(listener, (void *)&in_addr, sizeof in_addr), "bind");
		check(getsockname(listener, (void *)&in_addr, &length), "getsockname");
		check(listen(listener, MOST_WORKERS), "listen");
	} else if (is("unix") || is("fifo")) {
		if (!mkdtemp(directory)) die("mkdtemp");
		snprintf(path, sizeof path, "%s/x", directory);
		if (is("unix")) {
			listener = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
			strcpy(un_addr.sun_path, path);
			check(bind(listener, (void *)&un_addr, sizeof un_addr), "bind");
			check(listen(listener, MOST_WORKERS), "listen");
		}
	}
	for (int i = 0; i < workers; i++) {
		if (is("pipe") || is("fifo")) {
			for (int *p = a;; p = b) {
				if (is("fifo") && i == 0) {
					check(mkfifo(path, 0600), "mkfifo");
					p[0] = check(open(path, O_RDONLY | O_NONBLOCK), "open");
					p[1] = check(open(path, O_WRONLY), "open");
					fcntl(p[0], F_SETFL, 0);
					unlink(path);
				} else if (is("pipe"))
					check(pipe(p), "pipe");
				if (p == b) break;
			}
			widen(a[0], is("pipe") ? workers : 1);
			in[i] = a[0], w_out = a[1], w_in = b[0], out[i] = b[1];
		} else if (is("socketpair")) {
			check(socketpair(AF_UNIX, SOCK_STREAM, 0, a), "socketpair");
			in[i] = out[i] = a[0], w_in = w_out = a[1];
		}
		pid_t pid = check(fork(), "fork");
		if (pid == 0) {
#ifdef __linux__
			prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
			me = i;
			if (is("tcp")) {
				w_in = w_out = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
				check(connect(w_in, (void *)&in_addr, sizeof in_addr), "connect");
				nodelay(w_in);
			} else if (is("unix")) {
				w_in = w_out = check(socket(AF_UNIX, SOCK_STREAM, 0), "socket");
				check(connect(w_in, (void *)&un_addr, sizeof un_addr), "connect");
			}
			body(count, size);
			_exit(0);
		}
		if (listener >= 0) {
			in[i] = out[i] = check(accept(listener, NULL, NULL), "accept");
			if (is("tcp")) nodelay(in[i]);
		} else if (!packets() && !is("fifo")) {
			close(w_in);
			if (w_out != w_in) close(w_out);
		}
	}
	if (listener >= 0) close(listener);
	if (is("unix")) unlink(path);
	if (is("unix") || is("fifo")) rmdir(directory);
}

static void end(void)
{
	while (wait(NULL) > 0) ;
	for (int i = 0; i < workers; i++)
		free(inbox[i].at);
	if (is("posix_mq"))
		mq_close(up), mq_close(down);
	else if (is("sysv_mq"))
		msgctl(q_up, IPC_RMID, NULL), msgctl(q_down, IPC_RMID, NULL);
	else if (is("shm"))
		munmap(rings, 2 * sizeof *rings);
	else
		for (int i = 0; i < (is("fifo") ? 1 : workers); i++) {
			close(in[i]);
			if (out[i] != in[i]) close(out[i]);
		}
	if (is("fifo")) close(w_in), close(w_out);
}

/* -- what is measured ---------------------------------------------------------------------- */

static long tenth(long count) { return (count + 9) / 10; }

static void echo(long count, size_t size)
{
	stay_on(theirs);
	while (count--) {
		receive_all(1, size);
		long long stamp = now();
		memcpy(buffer, &stamp, sizeof stamp);
		send_all(1, size);
	}
}

static void source(long count, size_t size)
{
	char go;
	stay_on(theirs);
	while (check(read(gate[me][0], &go, 1), "gate") == 1 && go != 'e')
		for (long i = count; i > 0; i--)
			send_all(1, size);
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;
	return (x > y) - (x < y);
}

/* Return the mean of the middle half.  A stream has two speeds, with the reader awake and with the
 * reader asleep: a median jumps from one to the other, and a mean follows each interruption. */
static long long middle(long long *times, int count)
{
	long long total = 0;
	int cut = count / 4;
	qsort(times, count, sizeof *times, by_value);
	for (int i = cut; i < count - cut; i++)
		total += times[i];
	return total / (count - 2 * cut);
}

static void latency(long count, size_t size, int one_way)
{
	long warm = tenth(count), all = count + warm;
	long long *times = calloc(count, sizeof *times), stamp;

	workers = 1;
	stay_on(ours);
	begin(echo, all, size);
	for (long i = -warm; i < count; i++) {
		long long start = now();
		send_all(0, size);
		receive_all(0, size);
		long long stop = now();
		memcpy(&stamp, inbox[0].at, sizeof stamp);
		if (i >= 0)
			times[i] = stop - (one_way ? stamp : start);
	}
	end();
	qsort(times, count, sizeof *times, by_value);
	printf("%lld\n", times[count / 2]);
	free(times);
}

static void word(char what)
{
	for (int i = 0; i < workers; i++)
		check(write(gate[i][1], &what, 1), "gate");
}

static void stream(long count, size_t size, int n, int batches)
{
	long long *times = calloc(batches, sizeof *times);
	workers = n;
	for (int i = 0; i < n; i++)
		check(pipe(gate[i]), "gate");
	stay_on(ours);
	begin(source, count, size);
	for (int i = -1; i < batches; i++) {
		usleep(PAUSE); /* they are all there, and wait */
		long long start = now();
		word('!');
		receive_all(0, count * size * n);
		if (i >= 0)
			times[i] = now() - start;
	}
	word('e');
	end();
	for (int i = 0; i < n; i++)
		close(gate[i][0]), close(gate[i][1]);
	printf("%lld\n", middle(times, batches) / (count * n));
	free(times);
}

#include "floor_load.c"

/* Interrupted: only the System V queues would outlive us. */
static void leave(int number)
{
	if (q_up >= 0) msgctl(q_up, IPC_RMID, NULL);
	if (q_down >= 0) msgctl(q_down, IPC_RMID, NULL);
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	char line[4096], what[16];
	long count, size;
	int n = 1, batches = 1;

	kind = argc > 1 ? argv[1] : "";
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, leave);
	signal(SIGTERM, leave);
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "%1023s %1023s %15s %ld %ld %d %d", ours, theirs, what, &count, &size, &n,
		           &batches) < 5)
			return 2;
		if (strcmp(what, "stream") == 0 && (n < 1 || n > MOST_WORKERS || batches < 1))
			return 2;
		if (strcmp(what, "stream") == 0)
			stream(count, size, n, batches);
		else if (strcmp(what, "load") == 0)
			load(count, size);
		else
			latency(count, size, strcmp(what, "one") == 0);
		fflush(stdout);
	}
	return 0;
}
