#ifndef ILV_LINUX_H
#define ILV_LINUX_H

// Linux calls that Swift's Glibc module does not export.

#include <sys/socket.h>

/// accept4(2). Returns the new descriptor, or -1 with errno set.
int ilv_accept4(int listener, struct sockaddr *address, socklen_t *length, int flags);

/// 1 if the other end of a stream socket has shut down its sending side or the connection has
/// failed, even if unread bytes are waiting (POLLRDHUP of poll(2)); else 0. Never waits.
int ilv_has_peer_closed(int descriptor);

/// Bytes in a stream socket's send queue that the other end has not acknowledged (SIOCOUTQ of tcp(7) and
/// unix(7)); 0 if the system does not say.
int ilv_unconfirmed_byte_count(int descriptor);

#endif
