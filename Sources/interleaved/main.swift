import CommandLine

await Interleaved.start()
