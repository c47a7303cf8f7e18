import CommandLine

Interleaved.start()
