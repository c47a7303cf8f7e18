#ifndef ILV_EVENTS_H
#define ILV_EVENTS_H

#include <stdint.h>

/// What has happened to a watched descriptor.
struct ilv_event {
    /// What it was given when it began to be watched.
    uint64_t key;
    /// 1 if a read may find something, be it the end or an error.
    int is_readable;
    /// 1 if a write may find room, or an error.
    int is_writable;
};

/// A set of watched descriptors (epoll_create1(2)), closed on exec. Returns its descriptor, which is readable while
/// there are events, or -1 with errno set.
int ilv_events_create(void);

/// Watches a descriptor until it is closed: an event is told once, when what it tells begins to hold (EPOLLET).
/// Returns 0, or -1 with errno set.
int ilv_events_watch(int events, int descriptor, uint64_t key);

/// Takes at most `count` (up to 64) of the events that there are; never waits. Returns how many, or -1 with errno set.
int ilv_events_take(int events, struct ilv_event *taken, int count);

#endif
