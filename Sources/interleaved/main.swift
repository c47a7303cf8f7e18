print("interleaved")
