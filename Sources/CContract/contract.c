#include "ccontract.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char document[] = {
#embed "../../openapi.yaml"
};

const unsigned char *ilv_contract_bytes(size_t *count)
{
    *count = sizeof document;
    return document;
}
