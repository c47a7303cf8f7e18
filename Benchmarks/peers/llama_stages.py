"""Times one stage in llama.cpp. usage: llama_stages.py {prefill|decode|decode8} {Q4_0|Q8_0}

The model is a LLaMA of random weights with Vicuna-13B's layers, four of them, written once beside the peers.
"""

import pathlib

import gguf
import llama_cpp
import numpy

from timing import arguments, report

WIDTH, HIDDEN, VOCABULARY, HEADS, LAYERS = 5120, 13824, 32002, 40, 4
PROMPT, STEPS, SEQUENCES = 512, 8, 8


def write(path: pathlib.Path, form: str) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(2048)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(VOCABULARY)
    writer.add_file_type({"Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0, "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0}[form])
    letters = [f"<0x{byte:02X}>" for byte in range(256)]
    words = ["<unk>", "<s>", "</s>"] + letters + [f"t{index}" for index in range(VOCABULARY - 259)]
    kinds = [gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL]
    kinds += [gguf.TokenType.BYTE] * 256 + [gguf.TokenType.NORMAL] * (VOCABULARY - 259)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(words)
    writer.add_token_scores([0.0] * VOCABULARY)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)

    kind = gguf.GGMLQuantizationType[form]
    generator, known = numpy.random.default_rng(0), {}

    def matrix(name: str, rows: int, columns: int) -> None:
        # One matrix per shape: speed does not depend on the numbers.
        if (rows, columns) not in known:
            numbers = generator.standard_normal((rows, columns), dtype=numpy.float32) * 0.02
            known[rows, columns] = gguf.quants.quantize(numbers, kind)
        writer.add_tensor(f"{name}.weight", known[rows, columns], raw_dtype=kind)

    def norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", numpy.ones(WIDTH, numpy.float32))

    matrix("token_embd", VOCABULARY, WIDTH)
    matrix("output", VOCABULARY, WIDTH)
    norm("output_norm")
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"blk.{layer}.{name}", WIDTH, WIDTH)
        matrix(f"blk.{layer}.ffn_gate", HIDDEN, WIDTH)
        matrix(f"blk.{layer}.ffn_up", HIDDEN, WIDTH)
        matrix(f"blk.{layer}.ffn_down", WIDTH, HIDDEN)
        norm(f"blk.{layer}.attn_norm")
        norm(f"blk.{layer}.ffn_norm")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class Context:
    """A model that is open, and batches of (token, position, sequence, whether logits are wanted)."""

    def __init__(self, path: pathlib.Path, threads: int):
        llama_cpp.llama_backend_init()
        model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = SEQUENCES * 256 + 1024
        parameters.n_batch = parameters.n_ubatch = PROMPT
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.n_seq_max = SEQUENCES
        if hasattr(parameters, "kv_unified"):
            parameters.kv_unified = True
        self.context = llama_cpp.llama_init_from_model(model, parameters)

    def decode(self, tokens: list[tuple[int, int, int, bool]]) -> None:
        batch = llama_cpp.llama_batch_init(len(tokens), 0, 1)
        batch.n_tokens = len(tokens)
        for index, (token, position, sequence, wants) in enumerate(tokens):
            batch.token[index], batch.pos[index], batch.logits[index] = token, position, wants
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
        status = llama_cpp.llama_decode(self.context, batch)
        llama_cpp.llama_synchronize(self.context)
        llama_cpp.llama_batch_free(batch)
        if status != 0:
            raise RuntimeError(f"llama_decode answers {status}")

    def forget(self, position: int) -> None:
        """Forgets what stands at a position and behind it, of every sequence."""
        llama_cpp.llama_memory_seq_rm(llama_cpp.llama_get_memory(self.context), -1, position, -1)


def main() -> None:
    options = arguments(__doc__)
    path = pathlib.Path(__file__).resolve().parents[2] / ".build-peers" / f"vicuna-13b-4layers-{options.form}.gguf"
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        write(unfinished, options.form)
        unfinished.rename(path)
    context = Context(path, options.threads)
    if options.stage == "prefill":

        def run():
            context.forget(0)
            context.decode([(300 + place, place, 0, place == PROMPT - 1) for place in range(PROMPT)])

        report(run, options.iterations)
        return
    count, start = (SEQUENCES if options.stage == "decode8" else 1), 32
    context.decode([(300 + place, place, each, place == start - 1) for each in range(count) for place in range(start)])

    def run():
        context.forget(start)
        for step in range(STEPS):
            context.decode([(300 + step, start + step, each, True) for each in range(count)])

    report(run, options.iterations, units=STEPS)


main()
