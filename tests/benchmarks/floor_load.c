/* A part of floor.c: latency under load.  What is measured from Python is the same, with as long
 * pauses, the same levels and gaps of the same distribution: see tests/benchmarks/open_loop.py. */

enum { MOST = 10000, WARM = 300, LEAST = 200 }; /* messages */

static const int levels[] = { 10, 50, 80, 95 }; /* per cent of the rate that was reached */

static struct plan {
	long long begun;       /* written by the worker */
	long long after[MOST]; /* nanoseconds until a message is to be sent */
} *plan; /* in memory that both share */

static long long there[MOST];

/* Return a gap of 1 in the mean, exponential: by a linear congruential generator (Knuth, MMIX). */
static double gap(unsigned long long *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return -log(((*state >> 11) + 1) / 9007199254740993.0);
}

/* each: nanoseconds between two messages, in the mean; 0: as fast as it goes. */
static void draw(long count, double each)
{
	static double at[MOST];
	unsigned long long state = 20;
	for (long i = 0; i < count; i++)
		at[i] = gap(&state) + (i > 0 ? at[i - 1] : 0);
	for (long i = 0; i < count; i++)
		plan->after[i] = at[i] * each * count / at[count - 1];
}

static void obey(long count, size_t size)
{
	stay_on(theirs);
	while (check(read(gate[0][0], &count, sizeof count), "gate") == sizeof count && count > 0) {
		long long begun = plan->begun = now() + PAUSE * 1000LL;
		for (long i = 0; i < count; i++) {
			while (now() < begun + plan->after[i]) sched_yield();
			send_all(1, size);
		}
	}
}

static void order(long count) { check(write(gate[0][1], &count, sizeof count), "gate"); }

/* Note in `there` when each of *count* messages came, in nanoseconds since the beginning. */
static void load_once(long count, size_t size)
{
	size_t got = 0;
	long came = 0;
	order(count);
	while (came < count) {
		got += receive(0);
		for (long long at = now(); came < count && (came + 1) * size <= got; came++)
			there[came] = at;
	}
	for (long i = 0; i < count; i++)
		there[i] -= plan->begun;
}

static long many(double each, double span)
{
	long count = span / each;
	return count < LEAST ? LEAST : count > MOST ? MOST : count;
}

/* span: nanoseconds that a level takes. */
static void load(double span, size_t size)
{
	double each = 0;

	workers = 1;
	plan = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	if (plan == MAP_FAILED) die("mmap");
	check(pipe(gate[0]), "gate");
	stay_on(ours);
	begin(obey, 0, size);
	for (int i = 0; i < 2; i++) {
		long count = i == 0 ? WARM : many(each, span);
		draw(count, 0);
		load_once(count, size);
		each = (double)there[count - 1] / count;
	}
	printf("%lld", (long long)(each * 1000));
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
		double mean = each * 100 / levels[i];
		long count = many(mean, span);
		draw(count, mean);
		load_once(count, size);
		printf(" %ld", count);
		for (long j = 0; j < count; j++)
			printf(" %lld", there[j] - plan->after[j]);
	}
	printf("\n");
	order(0);
	end();
	close(gate[0][0]), close(gate[0][1]);
	munmap(plan, sizeof *plan);
}
