print("interleaved-parity")
