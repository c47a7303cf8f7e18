#include "clinux.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

int ilv_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(listener, address, length, flags);
}

int ilv_has_peer_closed(int descriptor) {
    struct pollfd entry = {.fd = descriptor, .events = POLLRDHUP, .revents = 0};
    const short closed = POLLRDHUP | POLLERR | POLLHUP;
    return poll(&entry, 1, 0) > 0 && (entry.revents & closed) != 0;
}

int ilv_unconfirmed_byte_count(int descriptor) {
    int count = 0;
    return ioctl(descriptor, SIOCOUTQ, &count) == 0 ? count : 0;
}
