/* cabench: drives any Channel Access server with the reference client library (libca) and prints one
 * tab-separated figure a line:  name <TAB> value <TAB> unit.
 *
 *   cc -O2 -o cabench cabench.c -lca -lCom -lpthread      (Debian: libca-dev libcom-dev)
 *   EPICS_CA_AUTO_ADDR_LIST=NO EPICS_CA_ADDR_LIST=127.0.0.1 EPICS_CA_SERVER_PORT=PORT ./cabench PREFIX [N] [SECONDS]
 *
 * The server must host N analog-output records PREFIX0 .. PREFIX{N-1} (ao, Passive) and one waveform of
 * DOUBLE, PREFIXwf, with at least 100000 elements (bench.db and wf.db beside this file). With 0 SECONDS only `connect`
 * is measured.
 */
#include "ca_min.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static long done, failed;
static void count(struct event_handler_args args) {
    pthread_mutex_lock(&lock);
    done++;
    if (args.status != ECA_NORMAL) failed++;
    pthread_cond_signal(&moved);
    pthread_mutex_unlock(&lock);
}
static void await(long n) {
    pthread_mutex_lock(&lock);
    while (done < n) pthread_cond_wait(&moved, &lock);
    pthread_mutex_unlock(&lock);
}
static long seen(void) {
    pthread_mutex_lock(&lock);
    long n = done;
    pthread_mutex_unlock(&lock);
    return n;
}
static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static void figure(const char *name, double value, const char *unit) {
    printf("%s\t%.6g\t%s\n", name, value, unit);
    fflush(stdout);
}
enum { GET, PUT_CALLBACK };
/* keeps `window` requests in flight, round robin over the channels, for `seconds` */
static double rate(int what, chtype type, chid *ch, int n, int window, double seconds) {
    long sent = 0;
    double start = now(), value = 0, took;
    done = failed = 0;
    while ((took = now() - start) < seconds) {
        for (int i = 0; i < window / 2; i++, sent++) {
            value += 1;
            if (what == GET) ca_array_get_callback(type, 1, ch[sent % n], count, 0);
            else ca_array_put_callback(DBR_DOUBLE, 1, ch[sent % n], &value, count, 0);
        }
        ca_flush_io();
        if (sent > window) await(sent - window / 2);
    }
    await(sent);
    took = now() - start;
    return sent / took;
}
int main(int argc, char **argv) {
    if (argc < 2) return fprintf(stderr, "usage: cabench PREFIX [N=1000] [SECONDS=3]\n"), 2;
    int n = argc > 2 ? atoi(argv[2]) : 1000;
    double seconds = argc > 3 ? atof(argv[3]) : 3;
    char name[128];
    chid *ch = calloc(n, sizeof *ch), wf;
    ca_context_create(ca_enable_preemptive_callback);

    double t = now();
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s%d", argv[1], i);
        ca_create_channel(name, 0, 0, 0, &ch[i]);
    }
    snprintf(name, sizeof name, "%swf", argv[1]);
    ca_create_channel(name, 0, 0, 0, &wf);
    if (ca_pend_io(60) != ECA_NORMAL) return fprintf(stderr, "not all %d channels connected in 60 s\n", n + 1), 1;
    figure("connect", (n + 1) / (now() - t), "channels/s");
    if (seconds <= 0) return 0;

    figure("get_double", rate(GET, DBR_DOUBLE, ch, n, 2000, seconds), "requests/s");
    figure("get_time_double", rate(GET, DBR_TIME_DOUBLE, ch, n, 2000, seconds), "requests/s");
    figure("get_ctrl_double", rate(GET, DBR_CTRL_DOUBLE, ch, n, 2000, seconds), "requests/s");
    figure("get_string", rate(GET, DBR_STRING, ch, n, 2000, seconds), "requests/s");
    figure("put_callback", rate(PUT_CALLBACK, DBR_DOUBLE, ch, n, 2000, seconds), "requests/s");

    long puts = 0;
    double value = 0;
    t = now();
    while (now() - t < seconds) {
        for (int i = 0; i < 1000; i++, puts++) value += 1, ca_array_put(DBR_DOUBLE, 1, ch[puts % n], &value);
        ca_flush_io();
    }
    double last = 0;
    done = 0;
    ca_array_get_callback(DBR_DOUBLE, 1, ch[(puts - 1) % n], count, 0);
    ca_flush_io();
    await(1);
    figure("put", puts / (now() - t), "requests/s");
    ca_array_get(DBR_DOUBLE, 1, ch[(puts - 1) % n], &last);
    ca_pend_io(10);
    if (last != value) fprintf(stderr, "the last put was lost: wrote %g, read %g\n", value, last), failed++;

    int turns = 2000;
    double *took = calloc(turns, sizeof *took);
    for (int i = 0; i < turns; i++) {
        done = 0;
        t = now();
        ca_array_put_callback(DBR_DOUBLE, 1, ch[i % n], &value, count, 0);
        ca_flush_io();
        await(1);
        took[i] = (now() - t) * 1e6;
    }
    qsort(took, turns, sizeof *took, ascending);
    figure("put_callback_p50", took[turns / 2], "us");
    figure("put_callback_p99", took[turns * 99 / 100], "us");

    evid *ev = calloc(n, sizeof *ev);
    done = 0;
    for (int i = 0; i < n; i++) ca_create_subscription(DBR_TIME_DOUBLE, 1, ch[i], DBE_VALUE | DBE_ALARM, count, 0, &ev[i]);
    ca_flush_io();
    await(n);
    long before = seen();
    puts = 0;
    t = now();
    while (now() - t < seconds) {
        for (int i = 0; i < n; i++, puts++) value += 1, ca_array_put(DBR_DOUBLE, 1, ch[i], &value);
        ca_flush_io();
        double give_up = now() + 5;
        while (seen() - before < puts - 20 * n && now() < give_up) { /* at most 20 rounds ahead of the server */
            struct timespec nap = {0, 100000};
            nanosleep(&nap, 0);
        }
    }
    long got = seen() - before, settled = -1;
    while (got != settled) {
        struct timespec nap = {0, 200000000};
        settled = got;
        nanosleep(&nap, 0);
        got = seen() - before;
    }
    figure("monitor", got / (now() - t), "updates/s");
    figure("monitor_delivered", 100.0 * got / puts, "% of puts");
    for (int i = 0; i < n; i++) ca_clear_subscription(ev[i]);

    unsigned long len = ca_element_count(wf);
    if (len > 100000) len = 100000;
    double *array = calloc(len, sizeof *array);
    ca_array_put(DBR_DOUBLE, len, wf, array);
    ca_pend_io(10);
    long reads = 0;
    done = 0;
    t = now();
    while (now() - t < seconds) {
        for (int i = 0; i < 4; i++, reads++) ca_array_get_callback(DBR_DOUBLE, len, wf, count, 0);
        ca_flush_io();
        await(reads);
    }
    figure("get_array", reads * (double)len * 8 / (now() - t) / 1e6, "MB/s");
    figure("failed", failed, "requests");
    ca_context_destroy();
    return failed != 0;
}
