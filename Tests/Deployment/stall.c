// Stops one thread of a process for good, as a computation that never ends would: usage stall PROCESS THREAD_NAME.
// The others go on. SIGTERM ends it, and then the thread goes on, too.
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int has_name(const char *process, const char *thread, const char *wanted) {
    char path[128], name[32] = "";
    snprintf(path, sizeof path, "/proc/%.20s/task/%.20s/comm", process, thread);
    FILE *file = fopen(path, "r");
    if (file == NULL) return 0;
    char *line = fgets(name, sizeof name, file);
    fclose(file);
    if (line == NULL) return 0;
    name[strcspn(name, "\n")] = 0;
    return strcmp(name, wanted) == 0;
}

// The thread of that name, which may be about to begin; 0 if none has after ten seconds.
static pid_t find(const char *process, const char *wanted) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/task", process);
    for (int attempt = 0; attempt < 10000; attempt++) {
        DIR *threads = opendir(path);
        if (threads == NULL) return 0;
        pid_t found = 0;
        for (struct dirent *entry; (entry = readdir(threads)) != NULL;) {
            if (has_name(process, entry->d_name, wanted)) found = atoi(entry->d_name);
        }
        closedir(threads);
        if (found != 0) return found;
        usleep(1000);
    }
    return 0;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    pid_t thread = find(arguments[1], arguments[2]);
    if (thread == 0) return 1;
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0 || ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0) {
        perror("stall");
        return 1;
    }
    puts("stalled");
    fflush(stdout);
    // A thread that was watched is gone when whoever watches it has seen its end.
    while (waitpid(-1, NULL, __WALL) >= 0) {}
    return 0;
}
