#include "borrowed_block.h"

void ilv_lend_block(__attribute__((noescape)) ilv_part_block block, void *context,
                    void (*use)(void *context, const void *block)) {
    use(context, (const void *)block);
}

void ilv_run_part(const void *block, long part, long worker) {
    ((ilv_part_block)block)(part, worker);
}
