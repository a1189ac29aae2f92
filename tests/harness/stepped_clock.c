/* A clock that people set, CLOCK_REALTIME, which can be stepped for this process and its forks.
 * Loaded by LD_PRELOAD; the clock of the machine stays as it is.
 *
 * What waits until a time of that clock is woken by a step, as the kernel does (clock_settime(2)):
 * so each such wait is made in short pieces, after which the stepped clock is looked at.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <mqueue.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

enum { BILLION = 1000000000, PIECE = 20000000 }; /* nanoseconds */

static volatile long *shift; /* seconds, shared with all forks */

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page != MAP_FAILED)
		shift = page;
}

/* Set the clock forward by so many seconds, or back. */
void clock_step(long seconds)
{
	if (shift)
		__sync_fetch_and_add(shift, seconds);
}

static long now_shift(void) { return shift ? *shift : 0; }

int clock_gettime(clockid_t id, struct timespec *t)
{
	int failed = REAL(clock_gettime)(id, t);

	if (!failed && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		t->tv_sec += now_shift();
	return failed;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	int failed = REAL(gettimeofday)(t, zone);

	if (!failed && t)
		t->tv_sec += now_shift();
	return failed;
}

time_t time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

/* The end of the next piece of a wait, as a time of the machine; whether it is the last one. */
static int piece(const struct timespec *until, struct timespec *end)
{
	struct timespec real = *until;

	real.tv_sec -= now_shift();
	REAL(clock_gettime)(CLOCK_REALTIME, end);
	end->tv_nsec += PIECE;
	if (end->tv_nsec >= BILLION) {
		end->tv_sec++;
		end->tv_nsec -= BILLION;
	}
	if (real.tv_sec < end->tv_sec || (real.tv_sec == end->tv_sec && real.tv_nsec <= end->tv_nsec)) {
		*end = real;
		return 1;
	}
	return 0;
}

/* Repeat CALL, which waits until `end`, while only a piece of the wait is over. */
#define IN_PIECES(type, CALL, timed_out)              \
	struct timespec end;                          \
	type got;                                     \
	int last;                                     \
	do {                                          \
		last = piece(until, &end);            \
		got = CALL;                           \
	} while ((timed_out) && !last);               \
	return got

int sem_timedwait(sem_t *restrict s, const struct timespec *restrict until)
{
	IN_PIECES(int, REAL(sem_timedwait)(s, &end), got != 0 && errno == ETIMEDOUT);
}

ssize_t mq_timedreceive(mqd_t q, char *restrict to, size_t n, unsigned *restrict priority,
			const struct timespec *restrict until)
{
	if (!until)
		return REAL(mq_timedreceive)(q, to, n, priority, until);
	IN_PIECES(ssize_t, REAL(mq_timedreceive)(q, to, n, priority, &end),
		  got < 0 && errno == ETIMEDOUT);
}

int mq_timedsend(mqd_t q, const char *from, size_t n, unsigned priority, const struct timespec *until)
{
	if (!until)
		return REAL(mq_timedsend)(q, from, n, priority, until);
	IN_PIECES(int, REAL(mq_timedsend)(q, from, n, priority, &end), got != 0 && errno == ETIMEDOUT);
}
