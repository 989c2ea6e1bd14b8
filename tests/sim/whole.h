/* SPDX-License-Identifier: MIT */
/*
 * The whole of "tend worker" in a simulated world.
 *
 * Real is all of the code: worker_main() and flush_main() with everything
 * below them (src/tend, src/activity, src/aws but for HTTP, src/process), and
 * tend-guard's supervise.c, tree.c and channel.c.  Simulated is what they
 * call: the clock, HTTP (so that requests and JSON answers are real), the
 * kernel (whole_calls.h: descriptors, epoll, files and what of them is
 * durable, processes, signals), the thread that writes the spool, and chance.
 * What a command prints is a pipe of one line; tend's own output and log go
 * nowhere, or into the trace.
 *
 * The world is one or two tends that share a spool and a task list, their
 * guards and the trees of the commands, SWF with its clocks, the network, the
 * disk.  Each tend is a coroutine, and so is its thread; the scheduler
 * (whole_world.c) lets one of them run at a time, from one wait to the next.
 * A crash is a coroutine that is never resumed: at a system call that the
 * scheduler chooses everything that the process had is taken away, as a
 * kernel does, and the process is started again on what it has left on disk.
 * So may be its guards, or the machine, with all that was not synced.
 *
 * One seed is one history, exactly:
 *
 *	tests/sim/whole                     the short form, for check
 *	tests/sim/whole --seed 17           history 17, with everything told
 *	tests/sim/whole --seed 17 --crash 400
 *	                                    the same, and the only crash is at
 *	                                    the 400th system call
 *	nice tests/sim/whole --campaign 1000000 --jobs 2 --first 1000
 *	                                    so many crashes, histories from
 *	                                    1000 on; --seconds N ends it before
 *
 * Most crashes are met by chance, about ten in each history; for the rest a
 * short history without any is lived again and again, and tend, its guards or
 * the machine crash at its first, second, ... system call (at each third in
 * the short form).  whole_check.c has the rules.
 */
#ifndef TESTS_SIM_WHOLE_H
#define TESTS_SIM_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <ucontext.h>

#include "aws/http.h"
#include "base/instant.h"
#include "guard/supervise.h"
#include "process/spool_record.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

enum {
	SECOND = 1000,
	LIVES = 2,
	TASKS = 6,
	ATTEMPTS_EACH = 24,
	ATTEMPTS = TASKS * ATTEMPTS_EACH,
	QUEUE_MOST = 4096,
	PROCESSES = 1024,
	GUARDS = 192,
	CALLS = 128,
	LETTERS = 256,
	DESCRIPTORS = 512,
	FIRST_DESCRIPTOR = 1000,
	CHANNEL_ROOM = 12,
	EPOLLS = 4,
	HELD = 64,
	CHANNELS = GUARDS,
	FILES = 128,
	SECTOR = 512,
	WATCHES = 64,
	STEPS_MOST = 200000,
	LETTER_BODY = 1200
};

enum happening {
	TICK, /* somebody may have become ready */
	LIFE_STARTS,
	LIFE_RUNS,
	HELPER_RUNS,
	GUARD_RUNS,
	GUARD_GOES_ON,
	PROCESS_ENDS, /* serial */
	EXEC_DONE,
	COMMAND_FORKS,
	LETTER_ARRIVES, /* a request at SWF, or an answer at tend */
	ATTEMPT_TIMER,
	POLL_OVER,
	TASK_READY,
	FATE_WEATHER,
	FATE_CANCEL,
	FATE_TERMINATED,
	FATE_LIFE_STOPPED,
	FATE_GUARD_STOPPED,
	FATE_GUARD_KILLED,
	FATE_COMMAND_KILLED,
	FATE_MACHINE,
	FATE_DISK,
	FATE_TOLD_TO_STOP,
	FATE_CALM,     /* from here on all is well */
	FATE_LAST_ACT, /* and an end is made of it */
	FATE_FLUSH
};

struct item {
	int64_t at;
	uint64_t seq;
	enum happening what;
	int which;
	uint32_t serial;
};

/* ---- tend: one process after the other ---- */

struct routine {
	ucontext_t context;
	char *stack;
	bool begun;
};

enum wait_for { WAIT_NOTHING, WAIT_LOOP, WAIT_POLL, WAIT_JOIN };

struct life {
	int number;
	bool alive;
	bool flush; /* it is "tend flush" */
	bool scheduled;
	int told_to_stop; /* so often */
	int64_t doubt;    /* of SWF's time, once an answer has told it; ms */
	uint32_t incarnation;
	pid_t pid;
	int64_t stopped_until;
	int64_t resumed_at; /* when it was stopped last, until then */
	bool exited;        /* by itself */
	int status;
	/* The main thread. */
	struct routine main;
	enum wait_for waits;
	int64_t waits_until;
	int wait_fd;
	/* The thread that writes the spool. */
	struct routine helper;
	void *(*helper_run)(void *);
	void *helper_arg;
	bool helper_waits; /* for the condition */
	bool helper_scheduled;
	bool helper_over;
	uint64_t pending; /* signals; bit n-1 stands for signal n */
};

/* ---- processes ---- */

enum process_state { PROCESS_NONE, PROCESS_ALIVE, PROCESS_ZOMBIE };
enum process_kind { PROCESS_LIFE, PROCESS_GUARD, PROCESS_COMMAND };

struct process {
	enum process_state state;
	enum process_kind kind;
	pid_t pid;
	pid_t parent;
	pid_t group;
	pid_t session;
	int64_t started;
	bool subreaper;
	bool dies_with_parent;
	bool stopped;
	bool term_pending;
	bool kill_pending;
	uint32_t serial; /* an end that was planned before is void */
	int which;       /* life or guard */
	int attempt;     /* -1: of none */
	char mark[SPOOL_KEY_TEXT];
	/* How it ends. */
	int status; /* exit status, or -1 */
	int signal;
	/* A command's. */
	bool leader;
	int64_t after_term; /* how long it lives then; NEVER: it is deaf */
	int pipe;           /* what it prints to; -1 */
	bool executing;     /* its environment was empty when last read */
};

struct guard_process {
	int index;
	bool alive;
	bool begun;
	bool scheduled;
	bool said; /* there are news, as in guard/main.c */
	bool children;
	pid_t pid;
	int channel;   /* a descriptor of its */
	int64_t armed; /* its timer */
	int64_t stopped_until;
	int attempt;
	int pipe; /* the command's output */
	int exec_error;
	bool exec_done;
	pid_t leader;
	const struct guard_lease *lease;
	struct supervise s;
};

/* ---- descriptors ---- */

enum descriptor_kind {
	DESCRIPTOR_NONE,
	DESCRIPTOR_EPOLL,
	DESCRIPTOR_TIMER,
	DESCRIPTOR_EVENT,
	DESCRIPTOR_SIGNALS,
	DESCRIPTOR_CHANNEL,
	DESCRIPTOR_PIPE_READ,
	DESCRIPTOR_PIPE_WRITE,
	DESCRIPTOR_EXEC, /* what became of it */
	DESCRIPTOR_FILE,
	DESCRIPTOR_DIRECTORY,
	DESCRIPTOR_PROCESS,
	DESCRIPTOR_ENVIRON,
	DESCRIPTOR_OUTCOMES,
	DESCRIPTOR_OTHER
};

struct watch {
	int fd;
	void *data;
};

struct descriptor {
	enum descriptor_kind kind;
	pid_t owner;
	int which; /* channel, pipe, file, process, guard */
	int end;   /* of a channel */
	int64_t at;
	uint64_t count;
};

struct epoll {
	bool used;
	struct watch watches[WATCHES];
	int count;
};

struct channel {
	int first[2]; /* of what is on its way to each end */
	int count[2];
	int holders[2]; /* descriptors of each end */
};

struct pipe {
	int readers;
	int writers;
	char text[96];
	size_t len;
	size_t taken;
};

/* ---- the disk ---- */

struct sector {
	bool dirty;
	char now[SECTOR];
	char durable[SECTOR];
};

struct disk_file {
	bool named;         /* it is in the directory */
	bool named_durably; /* and will be after a crash of the machine */
	bool exists_durably;
	int opened;
	pid_t locked_by; /* 0: nobody */
	int lock_fd;
	char name[SPOOL_KEY_TEXT + 16];
	size_t size;
	size_t durable_size;
	struct sector **sectors;
	size_t sector_count;
	int attempts[32]; /* of its places, and 1; 0: none */
};

enum disk_weather { DISK_FINE, DISK_SLOW, DISK_FULL, DISK_FAILING };

/* ---- SWF ---- */

enum weather {
	FINE,
	FLAKY,
	THROTTLING,
	FAILING,
	SILENT,
	LATE,
	UNREACHED,
	WEATHERS
};

enum operation {
	OPERATION_POLL,
	OPERATION_HEARTBEAT,
	OPERATION_COMPLETED,
	OPERATION_FAILED,
	OPERATION_CANCELED,
	OPERATION_HISTORY,
	OPERATION_OTHER
};

enum attempt_state {
	ATTEMPT_NONE,
	ATTEMPT_READY, /* to be handed out */
	ATTEMPT_OPEN,
	ATTEMPT_COMPLETED,
	ATTEMPT_FAILED,
	ATTEMPT_CANCELED,
	ATTEMPT_TIMED_OUT,
	ATTEMPT_TERMINATED
};

struct attempt {
	enum attempt_state state;
	int task;
	int number;
	bool cancel;
	int64_t handed_at;
	int64_t applied_at; /* the newest heartbeat */
	int64_t closed_at;
	uint32_t timer;
	int taken;  /* how often */
	bool right; /* with the result of the command */
	/* What check.c has seen. */
	int life; /* who got it; -1 */
	uint32_t incarnation;
	int64_t got_at;
	int64_t accepted_at; /* as tend can know it */
	int64_t low_at;      /* it was nearly over, last */
	int64_t known_at;    /* how long it has, to tend */
	bool guard_trouble;
	int commands;
	bool done; /* by itself, and well */
	bool start_durable;
	bool outcome_durable;
	enum spool_kind outcome_kind;
	bool dropped; /* from the spool */
	bool said;
	char said_outcome[16];
	char said_delivered[16];
};

struct task {
	bool over;
	int attempts;
	bool terminated;
};

struct http_transfer {
	bool used;
	bool ended;
	bool unsent; /* no connection comes about */
	uint32_t serial;
	int life;
	http_done *done;
	void *arg;
	enum operation operation;
	int attempt;
	int64_t sent_at;
	int64_t deadline;
	uint64_t order;
	struct http_answer answer;
};

/* On its way. */
struct letter {
	bool used;
	bool answer;
	int call;
	uint32_t serial;
	enum operation operation;
	int attempt;
	enum attempt_state report;
	bool right; /* the result is the command's */
	bool lost;  /* the answer will be */
	bool loud;
	int64_t back;
	/* An answer's. */
	enum http_end end;
	int status;
	int64_t date;
	int hands; /* the attempt that a poll's answer has; -1 */
};

/* A poll that SWF holds. */
struct held {
	bool used;
	uint32_t serial;
	struct letter letter;
};

enum crash { CRASH_LIFE, CRASH_WITH_GUARDS, CRASH_LIVES, CRASH_MACHINE };

struct world {
	uint64_t seed;
	uint64_t random;
	uint64_t fortune; /* of crashes only */
	uint64_t hash;
	bool trace;
	int64_t now;
	int steps;
	bool over;

	size_t queued;
	uint64_t seq;

	/* What is going to be. */
	bool calm; /* nothing goes wrong any more */
	int64_t calm_at;
	bool last_act;
	bool flushed;
	int life_count;
	int64_t timeout;  /* T; NEVER: none */
	bool finds_out;   /* --heartbeat-timeout auto */
	int64_t to_close; /* start-to-close; NEVER */
	int64_t kill_after;
	int slots;
	bool spool;
	int task_count;
	int think; /* ms: how long who is ready may have to wait */
	uint64_t seams;
	uint64_t calm_seams; /* until nothing went wrong any more */
	uint64_t crash_at;   /* 0: never */
	uint64_t only_crash; /* as world_live() was told */
	int crashes_left;
	int crashes;
	enum crash crash_kind; /* of the next one */

	/* Who runs: NULL and 0 for the world itself. */
	struct life *current;
	bool in_helper;
	pid_t actor;
	ucontext_t home;
	struct life lives[LIVES];

	struct process processes[PROCESSES];
	int process_count;
	int boot;
	struct guard_process guards[GUARDS];
	int guard_count;
	struct guard_lease *leases;
	int plan[16][2]; /* what the next child's descriptors shall be */
	int plan_count;

	struct descriptor descriptors[DESCRIPTORS];
	struct epoll epolls[EPOLLS];
	struct channel channels[CHANNELS];
	int channel_count;
	struct pipe pipes[GUARDS * 4];
	int pipe_count;

	struct disk_file files[FILES];
	int file_count;
	bool directory;
	enum disk_weather disk;
	int64_t disk_troubled_at;

	enum weather weather;
	int64_t weather_at; /* it was not fine, last */
	struct http_transfer calls[CALLS];
	uint32_t serial;
	uint64_t order;
	struct letter letters[LETTERS];
	struct held held[HELD];
	uint32_t held_serial;
	struct task tasks[TASKS];
	struct attempt attempts[ATTEMPTS];
	int attempt_count;

	/* What need not be zeroed. */
	struct item queue[QUEUE_MOST];
	char letter_bodies[LETTERS][LETTER_BODY];
	char call_bodies[CALLS][LETTER_BODY];
	struct guard_message messages[CHANNELS][2][CHANNEL_ROOM];
};

extern struct world world;

/* ---- whole_world.c ---- */
uint64_t roll(void);
int64_t roll_below(int64_t most);
int64_t roll_between(int64_t least, int64_t most);
bool roll_percent(int percent);
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void hash_in(uint64_t value);
void plan_at(int64_t at, enum happening what, int which, uint32_t serial);
/*
 * Lives a history to its end; "crash": 0: crashes are met by chance, else the
 * only one is at that system call (never: UINT64_MAX).
 */
void world_live(uint64_t seed, uint64_t crash, bool trace);

/* ---- whole_life.c ---- */
void life_init(void);
void life_start(int number);
void life_run(struct life *life);
void life_run_helper(struct life *life);
bool life_is_ready(const struct life *life);
void life_schedule(void);
/* Ends it at once, wherever it is. */
void life_crash(struct life *life);
void life_stop(struct life *life, int64_t length);
void life_goes_on(struct life *life);
void life_signal(struct life *life, int signal);
/* At each system call of a tend; "seam" is its name. */
void seam(const char *name);
/* The calling thread is held up for so long. */
void seam_wait(int64_t length);
/* The main thread waits. */
void life_wait(enum wait_for what, int fd, int64_t until);
struct life *life_of(pid_t pid);

/* ---- whole_files.c ---- */
struct descriptor *descriptor_of(int fd); /* NULL: it is not open */
struct descriptor *descriptor_at(int fd); /* it must be */
int descriptor_new(enum descriptor_kind kind, pid_t owner, int which);
void descriptor_close(int fd);
void descriptors_close_all(pid_t owner);
bool descriptor_is_ready(int fd);
bool epoll_is_ready(int epoll);
int channel_adopt(int fd, pid_t owner);
bool channel_has_news(int fd);
void pipe_hold(int pipe, int change);
void pipe_write(int pipe, const char *text);

/* ---- whole_disk.c ---- */
void disk_crash(void);
void disk_release(pid_t owner, int fd, int which);
size_t disk_left(void);
/* The bytes that are there, or that would be if the machine stopped. */
void disk_fetch(const struct disk_file *file, size_t at, char *bytes,
    size_t len, bool durable);
void disk_clear(void);

/* ---- whole_statics.c ---- */
void statics_forget(void);

/* ---- whole_process.c ---- */
struct process *process_new(enum process_kind kind, pid_t parent, int which);
struct process *process_of(pid_t pid);
void process_signal(struct process *process, int signal);
void process_end(struct process *process, int status, int signal);
void process_ends(struct process *process, uint32_t serial);
void processes_vanish(void);
bool process_runs(const struct process *process);

/* ---- whole_guard.c ---- */
void guard_schedule(struct guard_process *guard, int64_t at);
void guard_run(struct guard_process *guard);
void guard_exec_done(struct guard_process *guard);
void guard_dies(struct guard_process *guard);
void guard_goes_on(struct guard_process *guard);
void guard_is_stopped(struct guard_process *guard, int64_t length);
void command_forks(struct process *leader);

/* ---- whole_service.c ---- */
void service_task(int which);
void service_request(const struct letter *request);
void service_timer(int which, uint32_t serial);
void service_poll_over(int which, uint32_t serial);
void service_cancel(void);
void service_terminate(void);
bool service_is_done(void);
int service_find(const char *token);
void service_token(const struct attempt *attempt, char *text, size_t room);

/* ---- whole_http.c ---- */
bool http_is_ready(const struct life *life);
void http_forget(const struct life *life);
void letter_arrives(int which);
struct letter *letter_new(void);
void letter_answer(const struct letter *request, int64_t at, enum http_end end,
    int status, const char *body, int hands);

/* ---- whole_check.c ---- */
_Noreturn void broken(const char *rule);
void check_sends(const struct http_transfer *call);
void check_answered(const struct http_transfer *call, int status);
void check_closed(struct attempt *attempt);
void check_command(struct attempt *attempt);
void check_command_over(struct attempt *attempt);
void check_put(struct disk_file *file, size_t at);
void check_lost(struct disk_file *file);
void check_synced(const struct disk_file *file);
void check_said(const char *line, size_t len);
void check_life_over(const struct life *life);
void check_end(void);

/* What was met, over all histories of this process. */
struct tally {
	uint64_t histories;
	uint64_t crashes[CRASH_MACHINE + 1];
	uint64_t closed[ATTEMPT_TERMINATED + 1];
	uint64_t recovered;
	uint64_t seams;
};
extern struct tally tally;

#endif
