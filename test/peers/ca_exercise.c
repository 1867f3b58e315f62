/* Exercises a Channel Access server with the reference client library and prints what it saw, one fact a line under
 * "== section" headings. Judges nothing: the test compares two servers. Times and addresses are left out, so the same
 * records give the same text.
 *
 *   cc -I ../../bench -o ca_exercise ca_exercise.c -lca -lCom -lpthread
 *   ca_exercise PREFIX            the server holds interop.db
 *   ca_exercise PREFIX access     the server holds access.db and uses access.acf
 */
#include "ca_min.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
enum { PATIENCE = 10, NATIVES = 7, METADATA_TYPES = 35, BIG = 100000, CONNECTED = 2 };

static const char *prefix;
static const char *const NATIVE[NATIVES] = {"STRING", "SHORT", "FLOAT", "ENUM", "CHAR", "LONG", "DOUBLE"};
static const char *const FAMILY[] = {"", "STS_", "TIME_", "GR_", "CTRL_"};
static const int SIZE[NATIVES] = {40, 2, 4, 2, 1, 4, 8};

/* What stands before the value in memory, by type: s status and severity, t time stamp, p precision and two bytes of
 * padding, u units, 6 or 8 limits of the native type, e the enumeration's strings, . one byte of padding. */
static const char *const METADATA[METADATA_TYPES] = {
    "", "", "", "", "", "", "",
    "s", "s", "s", "s", "s.", "s", "s....",
    "st", "st..", "st", "st..", "st...", "st", "st....",
    "s", "su6", "spu6", "se", "su6.", "su6", "spu6",
    "s", "su8", "spu8", "se", "su8.", "su8", "spu8",
};

static void print_text(const char *text, size_t limit) {
    putchar('"');
    for (size_t i = 0; i < limit && text[i]; i++) {
        unsigned char c = text[i];
        if (c < ' ' || c > '~' || c == '"' || c == '\\') printf("\\x%02x", c);
        else putchar(c);
    }
    putchar('"');
}

static const char *print_element(int native, const char *at) {
    switch (native) {
    case DBR_STRING: print_text(at, 40); break;
    case DBR_SHORT: printf("%d", *(const short *)at); break;
    case DBR_FLOAT: printf("%.9g", *(const float *)at); break;
    case DBR_ENUM: printf("%u", *(const unsigned short *)at); break;
    case DBR_CHAR: printf("%u", *(const unsigned char *)at); break;
    case DBR_LONG: printf("%d", *(const int *)at); break;
    case DBR_DOUBLE: printf("%.17g", *(const double *)at); break;
    }
    return at + SIZE[native];
}

static const char *print_enum_strings(const char *at) {
    int states = *(const short *)at;
    printf(" states=%d", states);
    for (int i = 0; i < states && i < 16; i++) {
        putchar(i ? ',' : ' ');
        print_text(at + 2 + 26 * i, 26);
    }
    return at + 2 + 26 * 16;
}

static const char *print_limits(int native, int limits, const char *at) {
    printf(" limits=");
    for (int i = 0; i < limits; i++) {
        if (i) putchar(',');
        at = print_element(native, at);
    }
    return at;
}

/* Prints `count` elements of a DBR type with all that stands before them. */
static void print_dbr(long type, long count, const char *at) {
    if (type == DBR_CLASS_NAME) {
        print_text(at, 40);
        return;
    }
    if (type == DBR_STSACK_STRING) {
        const short *word = (const short *)at;
        printf("stat=%d sevr=%d ackt=%d acks=%d value=", word[0], word[1], word[2], word[3]);
        print_text(at + 8, 40);
        return;
    }
    int native = type % NATIVES;
    for (const char *part = METADATA[type]; *part; part++) {
        switch (*part) {
        case 's': printf("stat=%d sevr=%d", ((const short *)at)[0], ((const short *)at)[1]), at += 4; break;
        case 't': printf(" stamp=%s", *(const unsigned *)at ? "set" : "none"), at += 8; break;
        case 'p': printf(" prec=%d", *(const short *)at), at += 4; break;
        case 'u': printf(" units="), print_text(at, 8), at += 8; break;
        case 'e': at = print_enum_strings(at); break;
        case '.': at++; break;
        default: at = print_limits(native, *part - '0', at);
        }
    }
    printf(" n=%ld [", count);
    for (long i = 0; i < count; i++) {
        if (i) putchar(' ');
        at = print_element(native, at);
    }
    putchar(']');
}

static void print_type(long type) {
    if (type == DBR_CLASS_NAME) printf("CLASS_NAME");
    else if (type == DBR_STSACK_STRING) printf("STSACK_STRING");
    else printf("%s%s", FAMILY[type / NATIVES], NATIVE[type % NATIVES]);
}

static void section(const char *name) {
    printf("== %s\n", name);
}

static void die(const char *what) {
    fprintf(stderr, "ca_exercise: %s\n", what);
    exit(1);
}

/* The library calls back from threads of its own, one callback at a time; the program prints nothing while it waits. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

static void add_one(int *count) {
    pthread_mutex_lock(&lock);
    ++*count;
    pthread_cond_signal(&news);
    pthread_mutex_unlock(&lock);
}

/* Sends what was asked for and waits until *count reaches n. */
static void wait_for(const int *count, int n, const char *what) {
    struct timespec end;
    ca_flush_io();
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE;
    pthread_mutex_lock(&lock);
    while (*count < n && pthread_cond_timedwait(&news, &lock, &end) == 0) {}
    if (*count < n) die(what);
    pthread_mutex_unlock(&lock);
}

/* A channel to each PV, made when first asked for and kept: a search takes longer than everything after it. */
static chid channel(const char *name) {
    static struct { char name[32]; chid channel; } known[64];
    char full[128];
    size_t i = 0;
    while (i < COUNT(known) && known[i].channel && strcmp(known[i].name, name)) i++;
    if (i == COUNT(known)) die("too many PVs");
    if (known[i].channel) return known[i].channel;
    snprintf(known[i].name, sizeof known[i].name, "%s", name);
    snprintf(full, sizeof full, "%s%s", prefix, name);
    ca_create_channel(full, 0, 0, 0, &known[i].channel);
    return known[i].channel;
}

static void connect_all(void) {
    if (ca_pend_io(PATIENCE) != ECA_NORMAL) die("not all PVs connect");
}

/* ---- one request at a time, with its answer printed ---- */

static int answered;

static void print_answer(struct event_handler_args args) {
    printf("%s ", (const char *)args.usr);
    print_type(args.type);
    printf(" status=%d ", args.status);
    if (args.status == ECA_NORMAL) print_dbr(args.type, args.count, args.dbr);
    putchar('\n');
    add_one(&answered);
}

static void print_completion(struct event_handler_args args) {
    printf("%s status=%d\n", (const char *)args.usr, args.status);
    add_one(&answered);
}

static void get(const char *name, chid ch, long type, unsigned long count) {
    answered = 0;
    int status = ca_array_get_callback(type, count, ch, print_answer, (void *)name);
    if (status == ECA_NORMAL) wait_for(&answered, 1, "a get was never answered");
    else printf("%s type %ld refused=%d\n", name, type, status);
}

/* A put with its completion. */
static void put(const char *name, chid ch, long type, unsigned long count, const void *value) {
    char title[128];
    snprintf(title, sizeof title, "%s <- %s", name, NATIVE[type]);
    answered = 0;
    int status = ca_array_put_callback(type, count, ch, value, print_completion, title);
    if (status == ECA_NORMAL) wait_for(&answered, 1, "a put was never answered");
    else printf("%s refused=%d\n", title, status);
}

static void put_text(const char *name, chid ch, const char *text) {
    dbr_string_t value = "";
    strncpy(value, text, sizeof value - 1);
    put(name, ch, DBR_STRING, 1, value);
}

static void put_double(const char *name, chid ch, double value) {
    put(name, ch, DBR_DOUBLE, 1, &value);
}

/* ---- the sections ---- */

static const char *const PVS[] = {
    "double", "long", "enum", "switch", "string", "chars", "doubles", "shorts", "floats", "strings", "disabled", "input", "last", "double.DESC", "double.DESC$", "double.SCAN", "double.HHSV", "double.STAT",
    "double.PINI", "double.PREC", "double.NAME", "long.VAL", "doubles.NORD", "doubles.FTVL", "double.RTYP", "first.OUT", "first.FLNK",
    "double.RTYP$", "first.OUT$", "first.FLNK$", "double.ASLO", "double.UTAG", "double.PHAS", "double.UDF", "doubles.HASH",
};
/* Those that only some sections use. */
static const char *const MORE_PVS[] = {
    "first", "middle", "big", "deadband", "double.HIGH", "double.EGU", "doubles.NELM",
    "double.DESC$[2:5]", "double.DESC$[0:2:8]", "first.OUT$[0:3]",
};

static void channels(void) {
    for (size_t i = 0; i < COUNT(PVS); i++) channel(PVS[i]);
    for (size_t i = 0; i < COUNT(MORE_PVS); i++) channel(MORE_PVS[i]);
    connect_all();
    section("channels");
    for (size_t i = 0; i < COUNT(PVS); i++) {
        chid ch = channel(PVS[i]);
        printf("%s type=%s count=%lu read=%u write=%u\n", PVS[i], NATIVE[ca_field_type(ch)], ca_element_count(ch),
               ca_read_access(ch), ca_write_access(ch));
    }
}

static void fill_arrays(void) {
    section("writing arrays");
    double doubles[] = {1.25, -2.5, 300, 1e6};
    short shorts[] = {1, -2, 32767};
    float floats[] = {0.1f, -1e10f};
    dbr_string_t strings[] = {"first", "second text", "39 characters are the most that a string"};
    strings[2][39] = 0;
    put("doubles", channel("doubles"), DBR_DOUBLE, COUNT(doubles), doubles);
    put("shorts", channel("shorts"), DBR_SHORT, COUNT(shorts), shorts);
    put("floats", channel("floats"), DBR_FLOAT, COUNT(floats), floats);
    put("strings", channel("strings"), DBR_STRING, COUNT(strings), strings);
    put("chars", channel("chars"), DBR_CHAR, 12, "hello \xc3\xa9\xff!\n");
}

static void every_type(void) {
    section("reading every type");
    for (size_t i = 0; i < COUNT(PVS); i++) {
        chid ch = channel(PVS[i]);
        unsigned long count = ca_element_count(ch);
        if (count > 14) count = 14;
        for (long type = 0; type < METADATA_TYPES; type++) get(PVS[i], ch, type, count);
        get(PVS[i], ch, DBR_STSACK_STRING, 1);
        get(PVS[i], ch, DBR_CLASS_NAME, 1);
    }
}

static void counts(void) {
    section("reading with other counts");
    static const unsigned long asked[] = {0, 1, 3, 10};
    static const char *const arrays[] = {"doubles", "shorts", "strings", "double"};
    for (size_t i = 0; i < COUNT(arrays); i++) {
        chid ch = channel(arrays[i]);
        for (size_t j = 0; j < COUNT(asked); j++) {
            if (asked[j] > ca_element_count(ch)) continue;
            get(arrays[i], ch, ca_field_type(ch), asked[j]);
            get(arrays[i], ch, ca_field_type(ch) + 2 * NATIVES, asked[j]);
        }
    }
    static const char *const texts[] = {
        "double.DESC$", "double.RTYP$", "first.OUT$", "double.DESC$[2:5]", "double.DESC$[0:2:8]", "first.OUT$[0:3]",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        chid ch = channel(texts[i]);
        for (long type = 0; type < METADATA_TYPES; type++) get(texts[i], ch, type, 0);
        get(texts[i], ch, DBR_CHAR, 40);
        get(texts[i], ch, DBR_CHAR + NATIVES, 40);
    }
}

static void writing_every_type(void) {
    static const char *const targets[] = {"double", "long", "enum", "switch", "string", "doubles", "shorts", "strings", "double.PREC"};
    static const dbr_string_t text = "1";
    static const short two_bytes = 2;
    static const float real = 2.75;
    static const unsigned short state = 1;
    static const unsigned char byte = 3;
    static const int four_bytes = 2;
    static const double wide = 1.625;
    static const void *const values[NATIVES] = {text, &two_bytes, &real, &state, &byte, &four_bytes, &wide};
    section("writing every type");
    for (size_t i = 0; i < COUNT(targets); i++) {
        chid ch = channel(targets[i]);
        for (long type = 0; type < NATIVES; type++) {
            put(targets[i], ch, type, 1, values[type]);
            get(targets[i], ch, DBR_STRING, 1);
            get(targets[i], ch, ca_field_type(ch) + NATIVES, 1);
        }
    }
}

static void texts(void) {
    static const struct { const char *pv, *text; } rows[] = {
        {"double", " 12.5 "}, {"double", "1e1"}, {"double", "0x10"}, {"double", "nonsense"}, {"double", "3 mm"}, {"double", ""},
        {"double", "-Inf"}, {"double", "1000"}, {"double", "-1000"}, {"long", "12"}, {"long", "0x1f"}, {"long", "12.75"},
        {"long", "99999999999"}, {"long", "text"}, {"enum", "Three"}, {"enum", "1"}, {"enum", "three"}, {"enum", "99"}, {"enum", ""},
        {"switch", "On"}, {"switch", "0"}, {"switch", "2"}, {"string", "a text of more than forty characters is cut off"},
        {"double.SCAN", "1 second"}, {"double.SCAN", "Passive"}, {"double.SCAN", "0"}, {"double.SCAN", "sometimes"},
        {"double.DESC", "another description"}, {"double.NAME", "renamed"}, {"double.STAT", "HIGH"},  {"disabled", "1"},
        {"input", "2.5"}, {"double.HHSV", "MINOR"}, {"double.HHSV", "MAJOR"}, {"double.EGU", "too long for units ever"},
        {"first.FLNK", "nowhere at all"}, {"doubles.NORD", "1"}, {"doubles.NELM", "5"},
    };
    section("writing text");
    for (size_t i = 0; i < COUNT(rows); i++) {
        chid ch = channel(rows[i].pv);
        printf("'%s': ", rows[i].text);
        put_text(rows[i].pv, ch, rows[i].text);
        get(rows[i].pv, ch, DBR_STRING, 1);
    }
}

static void chains(void) {
    section("completion of a chain");
    chid first = channel("first"), middle = channel("middle"), last = channel("last");
    put_double("first", first, 21);
    get("middle", middle, DBR_LONG, 1);
    get("last", last, DBR_DOUBLE, 1);
}

static int updates;

static void print_update(struct event_handler_args args) {
    printf("update %s ", ca_name(args.chid) + strlen(prefix));
    print_type(args.type);
    printf(" status=%d ", args.status);
    if (args.status == ECA_NORMAL) print_dbr(args.type, args.count, args.dbr);
    putchar('\n');
    add_one(&updates);
}

static void note_answer(struct event_handler_args args) {
    if (args.status != ECA_NORMAL) printf("put failed: %d\n", args.status);
    add_one(&answered);
}

/* Writes a value to its completion, which is not printed: it may come before or after the updates it causes. */
static void change(chid ch, double value) {
    answered = 0;
    ca_array_put_callback(DBR_DOUBLE, 1, ch, &value, note_answer, 0);
    wait_for(&answered, 1, "a put was never answered");
    ca_pend_event(0.05);
}

/* Writes the values one after the other and prints what a monitor tells meanwhile. */
static void watch(const char *title, const char *name, long type, unsigned long count, long mask, const double *values, int n) {
    section(title);
    chid ch = channel(name);
    evid subscription;
    updates = 0;
    int status = ca_create_subscription(type, count, ch, mask, print_update, 0, &subscription);
    if (status != ECA_NORMAL) {
        printf("refused=%d\n", status);
        return;
    }
    wait_for(&updates, 1, "a monitor never told its first value");
    for (int i = 0; i < n; i++) change(ch, values[i]);
    ca_pend_event(0.05);
    ca_clear_subscription(subscription);
    change(ch, 0);
}

static void monitors(void) {
    static const double alarms[] = {0, 85, 85, 92, 93, 0};
    static const double steps[] = {0.5, 1.5, 1.75, 3};
    static const double states[] = {1, 3, 3, 0};
    watch("a monitor of values and alarms", "double", 20, 1, DBE_VALUE | DBE_ALARM, alarms, COUNT(alarms));
    watch("a monitor of values", "double", 6, 1, DBE_VALUE, alarms, COUNT(alarms));
    watch("a monitor of alarms", "double", 13, 1, DBE_ALARM, alarms, COUNT(alarms));
    watch("a monitor for archivers", "double", 6, 1, DBE_LOG, alarms, COUNT(alarms));
    watch("a monitor with a dead band", "deadband", 6, 1, DBE_VALUE, steps, COUNT(steps));
    watch("a monitor of an enumeration as text", "enum", 14, 1, DBE_VALUE | DBE_ALARM, states, COUNT(states));
    watch("a monitor of an array", "doubles", 20, 10, DBE_VALUE, steps, COUNT(steps));
    watch("a monitor of an array's own length", "doubles", 6, 0, DBE_VALUE, steps, COUNT(steps));

    section("a monitor of properties");
    chid ch = channel("double"), high = channel("double.HIGH");
    evid subscription;
    updates = 0;
    ca_create_subscription(DBR_CTRL_DOUBLE, 1, ch, DBE_PROPERTY, print_update, 0, &subscription);
    wait_for(&updates, 1, "a monitor of properties never told its first value");
    change(ch, 2);
    change(high, 70);
    change(high, 80);
    ca_clear_subscription(subscription);
}

static char rights[8][64];
static int rights_told;

static void note_rights(struct access_rights_handler_args args) {
    snprintf(rights[rights_told % 8], sizeof *rights, "read=%u write=%u", args.ar.read_access, args.ar.write_access);
    add_one(&rights_told);
}

static void access_rights(void) {
    section("access rights that change");
    chid ch = channel("guarded"), group = channel("guarded.ASG"), readonly = channel("readonly");
    connect_all();
    printf("readonly read=%u write=%u\n", ca_read_access(readonly), ca_write_access(readonly));
    put_double("readonly", readonly, 1);
    get("readonly", readonly, DBR_DOUBLE, 1);
    ca_replace_access_rights_event(ch, note_rights);
    put_double("guarded", ch, 4);
    put_text("guarded.ASG", group, "READONLY");
    wait_for(&rights_told, 2, "a change of access rights was never told");
    put_double("guarded", ch, 5);
    get("guarded", ch, DBR_DOUBLE, 1);
    for (int i = 0; i < rights_told && i < 8; i++) printf("rights told: %s\n", rights[i]);
}

static void big_array(void) {
    section("an array of 100000");
    chid ch = channel("big");
    double *sent = calloc(BIG, sizeof *sent), *back = calloc(BIG, sizeof *back);
    for (int i = 0; i < BIG; i++) sent[i] = i * 0.5 - 7;
    printf("count=%lu\n", ca_element_count(ch));
    put("big", ch, DBR_DOUBLE, BIG, sent);
    int status = ca_array_get(DBR_DOUBLE, BIG, ch, back);
    int io = ca_pend_io(PATIENCE);
    printf("get=%d io=%d same=%d\n", status, io, !memcmp(sent, back, BIG * sizeof *sent));
    printf("one too many refused=%d\n", ca_array_put(DBR_DOUBLE, BIG + 1, ch, sent));
    put("big", ch, DBR_DOUBLE, 3, sent);
    get("big", ch, DBR_DOUBLE, 0);
    get("big", ch, DBR_STRING, 4);
    status = ca_array_get(DBR_DOUBLE, BIG, ch, back);
    double rest = 0;
    io = ca_pend_io(PATIENCE);
    for (int i = 3; i < BIG; i++) rest += back[i] * back[i];
    printf("after three elements: get=%d io=%d rest=%g\n", status, io, rest);
    free(sent);
    free(back);
}

static int exceptions;

static void print_exception(struct exception_handler_args args) {
    printf("exception status=%ld op=%ld %s\n", args.stat, args.op, args.chid ? ca_name(args.chid) + strlen(prefix) : "no channel");
    add_one(&exceptions);
}

/* Writes without a completion that cannot succeed: the server answers with an exception, or not at all. */
static void failing_writes(void) {
    static const char *const names[] = {"double", "disabled", "double.SCAN"};
    section("a plain write that fails");
    ca_add_exception_event(print_exception, 0);
    for (size_t i = 0; i < COUNT(names); i++) {
        chid ch = channel(names[i]);
        dbr_string_t text = "nonsense", back;
        exceptions = 0;
        ca_array_put(DBR_STRING, 1, ch, text);
        ca_array_get(DBR_STRING, 1, ch, back);
        int io = ca_pend_io(PATIENCE);
        ca_pend_event(0.1);
        printf("%s io=%d exceptions=%d value=", names[i], io, exceptions);
        print_text(back, 40);
        putchar('\n');
    }
    ca_add_exception_event(0, 0);
}

static void note_connection(struct connection_handler_args args) {
    (void)args; /* asking for it keeps ca_pend_io from waiting */
}

static void names(void) {
    static const char *const unknown[] = {"nothing", "double.NOSUCH", "double.", "double.VAL.VAL", "double$", "DOUBLE", "double "};
    chid ch[COUNT(unknown)];
    section("names that nobody has");
    for (size_t i = 0; i < COUNT(unknown); i++) {
        char full[128];
        snprintf(full, sizeof full, "%s%s", prefix, unknown[i]);
        ca_create_channel(full, note_connection, 0, 0, &ch[i]);
    }
    ca_pend_event(1);
    for (size_t i = 0; i < COUNT(unknown); i++) printf("'%s' connected=%d\n", unknown[i], ca_state(ch[i]) == CONNECTED);
}

static void everything(void) {
    channels();
    fill_arrays();
    every_type();
    counts();
    chains();
    monitors();
    writing_every_type();
    texts();
    big_array();
    failing_writes();
    names();
}

int main(int argc, char **argv) {
    if (argc < 2 || (argc == 3 && strcmp(argv[2], "access")) || argc > 3) die("usage: ca_exercise PREFIX [access]");
    prefix = argv[1];
    ca_context_create(ca_enable_preemptive_callback);
    if (argc == 3) access_rights();
    else everything();
    ca_context_destroy();
    return 0;
}
