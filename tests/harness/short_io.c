/* Cut every read and write to at most three bytes, as read(2), write(2), send(2) and recv(2)
 * allow.  Loaded by LD_PRELOAD.
 *
 * Spared is what POSIX does not allow to be cut: a write of at most PIPE_BUF bytes to a pipe
 * or FIFO (POSIX.1-2017, write(), "atomic"), and what is no stream at all: datagrams and
 * message queues have calls of their own.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { MOST = 3 };

static int begun;

/* Called when the interpreter has started: its imports need not be cut. */
void short_io_begin(void) { begun = 1; }

static size_t cut(int fd, size_t n, int writing)
{
	struct stat st;

	if (!begun || n <= MOST || fstat(fd, &st) != 0)
		return n;
	if (S_ISSOCK(st.st_mode)) {
		int type = 0;
		socklen_t size = sizeof type;
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
			return n;
		return MOST;
	}
	if (S_ISFIFO(st.st_mode))
		return writing && n <= 4096 ? n : MOST;
	return S_ISREG(st.st_mode) ? MOST : n;
}

#define REAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *to, size_t n) { return REAL(read)(fd, to, cut(fd, n, 0)); }
ssize_t write(int fd, const void *from, size_t n) { return REAL(write)(fd, from, cut(fd, n, 1)); }
ssize_t pread(int fd, void *to, size_t n, off_t at) { return REAL(pread)(fd, to, cut(fd, n, 0), at); }
ssize_t pwrite(int fd, const void *from, size_t n, off_t at) { return REAL(pwrite)(fd, from, cut(fd, n, 1), at); }
ssize_t recv(int fd, void *to, size_t n, int flags) { return REAL(recv)(fd, to, cut(fd, n, 0), flags); }
ssize_t send(int fd, const void *from, size_t n, int flags) { return REAL(send)(fd, from, cut(fd, n, 1), flags); }
ssize_t recvfrom(int fd, void *to, size_t n, int flags, struct sockaddr *a, socklen_t *l)
{
	return REAL(recvfrom)(fd, to, cut(fd, n, 0), flags, a, l);
}
ssize_t sendto(int fd, const void *from, size_t n, int flags, const struct sockaddr *a, socklen_t l)
{
	return REAL(sendto)(fd, from, cut(fd, n, 1), flags, a, l);
}
