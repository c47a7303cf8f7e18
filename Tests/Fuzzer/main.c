// The program that a fuzzer drives: libFuzzer brings its own `main` when the build asks for it
// (`--sanitize=fuzzer`). Without it the one below gives every file that is named to the target once, which
// repeats a finding and measures what a corpus covers.
//
// FUZZ_TARGET names the target.
// Source: LLVM's documentation of libFuzzer.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// In FuzzTargets.
int32_t ilv_fuzz_select(const char *name);
void ilv_fuzz_run(const uint8_t *bytes, size_t count);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    const char *name = getenv("FUZZ_TARGET");
    if (ilv_fuzz_select(name ? name : "") != 0) {
        fprintf(stderr, "%s: FUZZ_TARGET names no target: \"%s\"\n", (*argv)[0], name ? name : "");
        exit(2);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    ilv_fuzz_run(bytes, count);
    return 0;
}

static int run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return 1;
    }
    static uint8_t bytes[1 << 22];
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, count);
    return 0;
}

__attribute__((weak)) int main(int argc, char **argv) {
    LLVMFuzzerInitialize(&argc, &argv);
    int failed = 0;
    for (int i = 1; i < argc; i++) failed |= run_file(argv[i]);
    printf("%d inputs\n", argc - 1);
    return failed;
}
