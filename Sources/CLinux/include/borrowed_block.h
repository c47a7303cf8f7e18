#ifndef ILV_BORROWED_BLOCK_H
#define ILV_BORROWED_BLOCK_H

// Lends a Swift closure to other threads without the heap allocation that an escaping closure costs.

/// Work on one part of a job, by one worker.
typedef void (^ilv_part_block)(long part, long worker);

/// Calls use(context, block). The block stays valid until `use` returns and must not be kept longer.
void ilv_lend_block(__attribute__((noescape)) ilv_part_block block, void *context,
                    void (*use)(void *context, const void *block));

/// Runs a part of a lent block. May be called from several threads at once.
void ilv_run_part(const void *block, long part, long worker);

#endif
