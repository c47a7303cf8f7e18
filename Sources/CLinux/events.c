#include "events.h"

#include <sys/epoll.h>

enum {
    ILV_MOST_EVENTS = 64
};

int ilv_events_create(void) {
    return epoll_create1(EPOLL_CLOEXEC);
}

int ilv_events_watch(int events, int descriptor, uint64_t key) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = key}};
    return epoll_ctl(events, EPOLL_CTL_ADD, descriptor, &event);
}

int ilv_events_take(int events, struct ilv_event *taken, int count) {
    struct epoll_event found[ILV_MOST_EVENTS];
    const int number = epoll_wait(events, found, count < ILV_MOST_EVENTS ? count : ILV_MOST_EVENTS, 0);
    for (int index = 0; index < number; index++) {
        const uint32_t what = found[index].events;
        taken[index].key = found[index].data.u64;
        taken[index].is_readable = (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        taken[index].is_writable = (what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    }
    return number;
}
