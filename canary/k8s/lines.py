"""Lines out of chunks: a watch sends one JSON document per line, of any length, cut anywhere."""


class LineSplitter:
    """Collects chunks and gives back the lines that they complete, without blank ones."""

    def __init__(self) -> None:
        self._open: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that end within this chunk."""
        head, *tail = chunk.split(b"\n")
        self._open.append(head)
        if not tail:
            return []
        first = b"".join(self._open)
        self._open = [tail[-1]]
        return [line for line in (first, *tail[:-1]) if line.strip()]

    @property
    def incomplete(self) -> bool:
        """Whether the input so far stops in the middle of a line."""
        return any(part.strip() for part in self._open)
