"""How what is kept of cases and knowledge is compressed: zstd, fast."""

import threading

import zstandard

_per_thread = threading.local()


def pack(data: bytes) -> bytes:
    """Compress with zstd, by this thread's own compressor."""
    compressor = getattr(_per_thread, "compressor", None)
    if compressor is None:
        compressor = _per_thread.compressor = zstandard.ZstdCompressor(level=1)
    packed: bytes = compressor.compress(data)
    return packed


def unpack(data: bytes) -> bytes:
    return zstandard.decompress(data)
