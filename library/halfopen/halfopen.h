/* libhalfopen for C and for whatever calls C.
 *
 * Handles are opaque; each is freed once, by its own function, which takes NULL as well. Time is nanoseconds
 * since time zero, handed in, and never runs back. What fails gives a negative number: minus an error number
 * of Linux on x86-64, whatever the machine (-110 is ETIMEDOUT). Nothing is printed, no exception leaves, and
 * nothing is shared: two threads may use two hosts at a time, but not one.
 */
#ifndef HALFOPEN_HALFOPEN_H
#define HALFOPEN_HALFOPEN_H

#include <halfopen/api.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HO_NEVER INT64_MAX /* a deadline that does not exist */

typedef struct ho_host ho_host;
typedef struct ho_world ho_world;

/* "0.1.0" */
HO_API const char* ho_version(void);

/* --- A host: packets in and out, calls on sockets. After each input, advance and call: ho_poll() until it
 * gives 0, then ho_next_deadline(). */

/* A host that is up. `sysctls` is "NAME=VALUE" with ";" between them, or NULL. NULL on failure; then
 * `message` holds one line, cut to `room` bytes with its 0. `message` may be NULL. */
HO_API ho_host* ho_host_new(const char* profile, const char* address, uint64_t seed, const char* sysctls,
                            char* message, size_t room);
HO_API void ho_host_free(ho_host* host);

/* A raw IP packet arrives. 0; -74 (EBADMSG) if it is none or a checksum is wrong, and it was dropped. */
HO_API int ho_input(ho_host* host, int64_t now, const void* packet, size_t size);
/* The next packet to send: its size; 0 when there is none; -90 (EMSGSIZE) if it is larger than `room`, and it
 * is kept for the next call. 65535 bytes are room for any. */
HO_API int64_t ho_poll(ho_host* host, int64_t now, void* packet, size_t room);
/* Does what timers want done by `now`. */
HO_API int ho_advance(ho_host* host, int64_t now);
/* When ho_advance() is to be called at the latest, or HO_NEVER. */
HO_API int64_t ho_next_deadline(const ho_host* host);

/* Power off, and an empty host with the same address. */
HO_API int ho_crash(ho_host* host, int64_t now);
HO_API int ho_reboot(ho_host* host, int64_t now);

/* Calls, by descriptor. They never block: -11 (EAGAIN), of ho_connect() -115 (EINPROGRESS), and the same call
 * again goes on. -9 (EBADF) for a descriptor that there is not, -100 (ENETDOWN) of a dark host. */
HO_API int ho_socket(ho_host* host, int64_t now);
HO_API int ho_bind(ho_host* host, int64_t now, int fd, uint16_t port);
HO_API int ho_listen(ho_host* host, int64_t now, int fd, unsigned backlog);
HO_API int ho_connect(ho_host* host, int64_t now, int fd, const char* address, uint16_t port);
HO_API int ho_accept(ho_host* host, int64_t now, int fd);
HO_API int64_t ho_read(ho_host* host, int64_t now, int fd, void* into, size_t room); /* 0 is the end */
HO_API int64_t ho_write(ho_host* host, int64_t now, int fd, const void* bytes, size_t size);
HO_API int ho_shutdown(ho_host* host, int64_t now, int fd); /* SHUT_WR */
HO_API int ho_close(ho_host* host, int64_t now, int fd);
HO_API int ho_setsockopt(ho_host* host, int64_t now, int fd, const char* option, int64_t value);
HO_API int64_t ho_getsockopt(ho_host* host, int64_t now, int fd, const char* option);
/* poll(2)'s bits as Linux has them: 1 POLLIN, 4 POLLOUT, 8 POLLERR, 16 POLLHUP, 0x2000 POLLRDHUP. */
HO_API int ho_readiness(const ho_host* host, int fd);
/* "ESTABLISHED" ..., valid for ever; NULL only where `host` is. */
HO_API const char* ho_state(const ho_host* host, int fd);

/* --- A world: a scenario, halfopen-scenario(5), played in virtual time. */

/* Everything at time zero; with `capture` not NULL, into that FILE.pcapng or FILE.pcap. NULL on failure, as
 * ho_host_new(). */
HO_API ho_world* ho_world_new(const char* scenario, const char* capture, char* message, size_t room);
HO_API void ho_world_free(ho_world* world);
/* To the end, which is the time it gives. */
HO_API int64_t ho_world_run(ho_world* world);
/* Up to and including `end`. */
HO_API int ho_world_run_until(ho_world* world, int64_t end);
HO_API int64_t ho_world_now(const ho_world* world);
/* Completes the capture, which is nothing without it. Nothing runs afterwards. */
HO_API int ho_world_finish(ho_world* world);
/* For calls beside those of the programs, and for crashes, at ho_world_now(); owned by the world. `server`: 0
 * is the client. */
HO_API ho_host* ho_world_host(ho_world* world, int server);

#ifdef __cplusplus
}
#endif

#endif
