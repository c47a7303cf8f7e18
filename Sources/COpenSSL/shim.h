#if !__has_include(<openssl/evp.h>)
#error "libssl-dev is missing: run scripts/setup, which installs all Debian packages that the build needs"
#endif
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

// What OpenSSL has as macros with arguments, which Swift does not see.

/// Bounds the versions of the protocol. Returns 1, or 0 if the library lacks one.
static inline int ilv_tls_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) && SSL_CTX_set_max_proto_version(context, most);
}

/// Chooses the groups for key exchange, best first. Returns 1, or 0 if the library lacks all.
static inline int ilv_tls_set_groups(SSL_CTX *context, const char *groups) {
    return (int)SSL_CTX_set1_groups_list(context, groups);
}

/// No second handshake, no compression, no sessions to go on with; the server's order of ciphers counts. Buffers of
/// an idle connection are freed, and a write may be taken in part.
static inline void ilv_tls_restrict(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET
                                     | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                                  | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

/// Adds a certificate of the chain behind the server's own; the context keeps it. Returns 1, or 0.
static inline int ilv_tls_add_issuer(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}

/// Names the server that a client wants (RFC 6066 section 3). Returns 1, or 0.
static inline int ilv_tls_set_server_name(SSL *session, const char *name) {
    return (int)SSL_set_tlsext_host_name(session, name);
}
