#include "csentencepiece.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#if !__has_include(<sentencepiece_processor.h>)
#error "libsentencepiece-dev is missing: run scripts/setup, which installs all Debian packages that the build needs"
#endif
#include <sentencepiece_processor.h>

struct ilv_tokenizer {
    sentencepiece::SentencePieceProcessor processor;
};

namespace {

void set_message(char *message, const char *text) {
    std::snprintf(message, ILV_TOKENIZER_MESSAGE_LENGTH, "%s", text);
}

bool contains(const ilv_tokenizer *tokenizer, int32_t id) {
    return id >= 0 && id < tokenizer->processor.GetPieceSize();
}

// Runs body and turns exceptions into a message; an exception must not reach a caller in another language.
template <typename Body>
int guarded(char *message, Body body) {
    try {
        return body();
    } catch (const std::exception &exception) {
        set_message(message, exception.what());
    } catch (...) {
        set_message(message, "an unknown C++ exception");
    }
    return -1;
}

// Copies values into memory that C can free. One byte more, so that an empty result is not NULL.
template <typename Value>
int copy_out(const Value *values, size_t count, Value **output, size_t *output_count, char *message) {
    *output = static_cast<Value *>(std::malloc(count * sizeof(Value) + 1));
    if (*output == nullptr) {
        set_message(message, "out of memory");
        return -1;
    }
    if (count > 0) {
        std::memcpy(*output, values, count * sizeof(Value));
    }
    *output_count = count;
    return 0;
}

}  // namespace

ilv_tokenizer *ilv_tokenizer_create(const uint8_t *bytes, size_t count, char *message) {
    ilv_tokenizer *result = nullptr;
    guarded(message, [&] {
        auto tokenizer = std::make_unique<ilv_tokenizer>();
        const std::string model(reinterpret_cast<const char *>(bytes), count);
        const auto status = tokenizer->processor.LoadFromSerializedProto(model);
        if (!status.ok()) {
            set_message(message, status.ToString().c_str());
            return -1;
        }
        if (tokenizer->processor.GetPieceSize() <= 0) {
            set_message(message, "the model has no pieces");
            return -1;
        }
        result = tokenizer.release();
        return 0;
    });
    return result;
}

void ilv_tokenizer_destroy(ilv_tokenizer *tokenizer) {
    delete tokenizer;
}

int32_t ilv_tokenizer_piece_count(const ilv_tokenizer *tokenizer) {
    return tokenizer->processor.GetPieceSize();
}

int32_t ilv_tokenizer_bos_id(const ilv_tokenizer *tokenizer) {
    return tokenizer->processor.bos_id();
}

int32_t ilv_tokenizer_eos_id(const ilv_tokenizer *tokenizer) {
    return tokenizer->processor.eos_id();
}

int32_t ilv_tokenizer_unk_id(const ilv_tokenizer *tokenizer) {
    return tokenizer->processor.unk_id();
}

const char *ilv_tokenizer_piece(const ilv_tokenizer *tokenizer, int32_t id, size_t *count) {
    if (!contains(tokenizer, id)) {
        return nullptr;
    }
    const std::string &piece = tokenizer->processor.IdToPiece(id);
    *count = piece.size();
    return piece.c_str();
}

int ilv_tokenizer_piece_kind(const ilv_tokenizer *tokenizer, int32_t id) {
    if (!contains(tokenizer, id)) {
        return -1;
    }
    const auto &processor = tokenizer->processor;
    if (processor.IsUnknown(id)) {
        return ILV_PIECE_UNKNOWN;
    }
    if (processor.IsControl(id)) {
        return ILV_PIECE_CONTROL;
    }
    if (processor.IsByte(id)) {
        return ILV_PIECE_BYTE;
    }
    return processor.IsUnused(id) ? ILV_PIECE_UNUSED : ILV_PIECE_NORMAL;
}

int32_t ilv_tokenizer_find_piece(const ilv_tokenizer *tokenizer, const char *text, size_t count) {
    char message[ILV_TOKENIZER_MESSAGE_LENGTH];
    int32_t id = tokenizer->processor.unk_id();
    guarded(message, [&] {
        id = tokenizer->processor.PieceToId(std::string(text, count));
        return 0;
    });
    return id;
}

int ilv_tokenizer_encode(const ilv_tokenizer *tokenizer, const char *text, size_t count, int32_t **ids,
                         size_t *id_count, char *message) {
    *ids = nullptr;
    *id_count = 0;
    return guarded(message, [&] {
        std::vector<int> pieces;
        const auto status = tokenizer->processor.Encode(std::string(text, count), &pieces);
        if (!status.ok()) {
            set_message(message, status.ToString().c_str());
            return -1;
        }
        static_assert(sizeof(int) == sizeof(int32_t), "piece ids are 32 bits");
        return copy_out<int32_t>(pieces.data(), pieces.size(), ids, id_count, message);
    });
}

int ilv_tokenizer_decode(const ilv_tokenizer *tokenizer, const int32_t *ids, size_t count, char **text,
                         size_t *text_count, char *message) {
    *text = nullptr;
    *text_count = 0;
    return guarded(message, [&] {
        for (size_t index = 0; index < count; index++) {
            if (!contains(tokenizer, ids[index])) {
                set_message(message, "an id outside the vocabulary");
                return -1;
            }
        }
        std::string joined;
        const auto status = tokenizer->processor.Decode(std::vector<int>(ids, ids + count), &joined);
        if (!status.ok()) {
            set_message(message, status.ToString().c_str());
            return -1;
        }
        return copy_out<char>(joined.data(), joined.size(), text, text_count, message);
    });
}

void ilv_tokenizer_free(void *memory) {
    std::free(memory);
}
