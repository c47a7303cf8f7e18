// The contract, openapi.yaml, as it stood when the program was built.
#pragma once

#include <stddef.h>

/// The bytes of openapi.yaml, `*count` of them; they live as long as the program. Never fails.
const unsigned char *ilv_contract_bytes(size_t *count);
