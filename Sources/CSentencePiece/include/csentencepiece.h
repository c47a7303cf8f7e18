#ifndef ILV_SENTENCEPIECE_H
#define ILV_SENTENCEPIECE_H

// SentencePiece behind C functions: no C++ type and no exception crosses this header.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Bytes of a message buffer; messages are NUL-terminated English text.
#define ILV_TOKENIZER_MESSAGE_LENGTH 256

/// A loaded model. Immutable: every function that takes it const may run on any thread at any time.
typedef struct ilv_tokenizer ilv_tokenizer;

enum {
    ILV_PIECE_NORMAL = 0,
    ILV_PIECE_UNKNOWN = 1,
    ILV_PIECE_CONTROL = 2,
    ILV_PIECE_BYTE = 3,
    ILV_PIECE_UNUSED = 4,
};

/// Loads a model from the bytes of a tokenizer.model file. Returns NULL and sets message if they are not one.
ilv_tokenizer *ilv_tokenizer_create(const uint8_t *bytes, size_t count, char *message);
void ilv_tokenizer_destroy(ilv_tokenizer *tokenizer);

int32_t ilv_tokenizer_piece_count(const ilv_tokenizer *tokenizer);

/// Ids of the three special pieces; negative if the model has none.
int32_t ilv_tokenizer_bos_id(const ilv_tokenizer *tokenizer);
int32_t ilv_tokenizer_eos_id(const ilv_tokenizer *tokenizer);
int32_t ilv_tokenizer_unk_id(const ilv_tokenizer *tokenizer);

/// Text of a piece, UTF-8, *count bytes, valid as long as the model. NULL if id is outside the vocabulary.
const char *ilv_tokenizer_piece(const ilv_tokenizer *tokenizer, int32_t id, size_t *count);

/// One of ILV_PIECE_..., or -1 if id is outside the vocabulary.
int ilv_tokenizer_piece_kind(const ilv_tokenizer *tokenizer, int32_t id);

/// Id of a piece given as UTF-8, or that of the unknown piece.
int32_t ilv_tokenizer_find_piece(const ilv_tokenizer *tokenizer, const char *text, size_t count);

/// Cuts UTF-8 text into pieces. *ids is allocated and belongs to the caller, who frees it with ilv_tokenizer_free.
/// Returns 0, or -1 with a message and *ids NULL.
int ilv_tokenizer_encode(const ilv_tokenizer *tokenizer, const char *text, size_t count, int32_t **ids,
                         size_t *id_count, char *message);

/// Joins pieces to UTF-8 text of *text_count bytes, allocated as above. Every id must lie in the vocabulary.
int ilv_tokenizer_decode(const ilv_tokenizer *tokenizer, const int32_t *ids, size_t count, char **text,
                         size_t *text_count, char *message);

/// Frees what encode and decode returned; NULL is allowed.
void ilv_tokenizer_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
