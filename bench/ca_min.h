/* The part of libca's interface that the programs here use, declared by hand: Debian ships the library without its headers. */
#ifndef CA_MIN_H
#define CA_MIN_H

typedef void *chid;
typedef void *evid;
typedef long chtype;
typedef char dbr_string_t[40];

struct event_handler_args { void *usr; chid chid; long type, count; const void *dbr; int status; };
typedef void caEventCallBackFunc(struct event_handler_args);
struct connection_handler_args { chid chid; long op; };
typedef void caCh(struct connection_handler_args);
struct access_rights_handler_args { chid chid; struct { unsigned read_access : 1, write_access : 1; } ar; };
typedef void caArh(struct access_rights_handler_args);
struct exception_handler_args {
    void *usr; chid chid; long type, count; void *addr; long stat, op; const char *ctx, *file; unsigned line;
};
typedef void caExceptionHandler(struct exception_handler_args);

enum { DBR_STRING, DBR_SHORT, DBR_FLOAT, DBR_ENUM, DBR_CHAR, DBR_LONG, DBR_DOUBLE };
enum { DBR_TIME_DOUBLE = 20, DBR_CTRL_DOUBLE = 34, DBR_STSACK_STRING = 37, DBR_CLASS_NAME = 38 };
enum { DBE_VALUE = 1, DBE_LOG = 2, DBE_ALARM = 4, DBE_PROPERTY = 8 };
enum { ca_disable_preemptive_callback, ca_enable_preemptive_callback };
#define ECA_NORMAL 1

int ca_context_create(int);
void ca_context_destroy(void);
int ca_add_exception_event(caExceptionHandler *, void *user);
int ca_create_channel(const char *name, caCh *, void *user, unsigned priority, chid *);
int ca_replace_access_rights_event(chid, caArh *);
int ca_pend_io(double seconds);
int ca_pend_event(double seconds);
int ca_flush_io(void);
int ca_array_get(chtype, unsigned long count, chid, void *);
int ca_array_get_callback(chtype, unsigned long count, chid, caEventCallBackFunc *, void *user);
int ca_array_put(chtype, unsigned long count, chid, const void *);
int ca_array_put_callback(chtype, unsigned long count, chid, const void *, caEventCallBackFunc *, void *user);
int ca_create_subscription(chtype, unsigned long count, chid, long mask, caEventCallBackFunc *, void *user, evid *);
int ca_clear_subscription(evid);
unsigned long ca_element_count(chid);
short ca_field_type(chid);
int ca_state(chid);
const char *ca_name(chid);
unsigned ca_read_access(chid);
unsigned ca_write_access(chid);
const char *ca_message(long status);

#endif
