#include "processors.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// More processors than any kernel is built for; a set of fewer bits than the kernel's is refused.
enum { ILV_MAXIMUM_PROCESSORS = 8192 };

// The processors of the first thread, which nobody pins; the caller frees the set.
static cpu_set_t *process_set(size_t *size) {
    *size = CPU_ALLOC_SIZE(ILV_MAXIMUM_PROCESSORS);
    cpu_set_t *set = CPU_ALLOC(ILV_MAXIMUM_PROCESSORS);
    if (set != NULL && sched_getaffinity(getpid(), *size, set) != 0) {
        CPU_FREE(set);
        set = NULL;
    }
    return set;
}

int ilv_processor_count(void) {
    size_t size;
    cpu_set_t *set = process_set(&size);
    int count = set == NULL ? 0 : CPU_COUNT_S(size, set);
    CPU_FREE(set);
    return count > 0 ? count : 1;
}

void ilv_thread_set_name(const char *name) {
    char cut[16] = {0};
    strncpy(cut, name, sizeof cut - 1);
    pthread_setname_np(pthread_self(), cut);
}

void ilv_thread_pin(int index) {
    size_t size;
    cpu_set_t *set = process_set(&size);
    if (set == NULL) {
        return;
    }
    int count = CPU_COUNT_S(size, set);
    int rest = count > 0 && index >= 0 ? index % count : -1;
    for (int processor = 0; processor < ILV_MAXIMUM_PROCESSORS && rest >= 0; processor++) {
        if (!CPU_ISSET_S(processor, size, set) || rest-- > 0) {
            continue;
        }
        CPU_ZERO_S(size, set);
        CPU_SET_S(processor, size, set);
        pthread_setaffinity_np(pthread_self(), size, set);
    }
    CPU_FREE(set);
}
