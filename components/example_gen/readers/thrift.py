"""Just enough of Thrift's compact protocol to find one's way in the metadata of a Parquet file."""

from collections.abc import Iterator

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
_DEEPEST = 32


class ThriftError(ValueError):
    """Bytes that are no Thrift."""


class Compact:
    """Reads structs of the compact protocol from bytes.

    Args:
        data: The bytes.
        position: Where to begin.

    Attributes:
        position: Of the next byte.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self.position = position

    def fields(self) -> Iterator[tuple[int, int]]:
        """Gives the number and type of each field of a struct; whoever iterates must read or skip its value.

        Raises:
            ThriftError: If the data end within the struct.
        """
        number = 0
        while head := self._byte():
            delta, kind = head >> 4, head & 15
            number = number + delta if delta else self.integer()
            yield number, kind

    def integer(self) -> int:
        """Reads an integer of any width."""
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def items(self) -> tuple[int, int]:
        """Reads the head of a list or set: the number of items and their type."""
        head = self._byte()
        count = head >> 4
        return (self._varint() if count == 15 else count), head & 15

    def skip(self, kind: int, depth: int = 0) -> None:
        """Skips the value of a field.

        Args:
            kind: Its type.
            depth: Values around it.

        Raises:
            ThriftError: If the data end within it, or are no Thrift.
        """
        if depth > _DEEPEST:
            raise ThriftError("nested too deeply")
        if kind == BYTE:
            self.position += 1
        elif kind in (I16, I32, I64):
            self._varint()
        elif kind == DOUBLE:
            self.position += 8
        elif kind == BINARY:
            length = self._varint()  # moves on, so it comes first
            self.position += length
        elif kind in (LIST, SET):
            count, inner = self.items()
            for _ in range(count):
                self._item(inner, depth + 1)
        elif kind == MAP:
            if count := self._varint():
                kinds = self._byte()
                for _ in range(count):
                    self._item(kinds >> 4, depth + 1)
                    self._item(kinds & 15, depth + 1)
        elif kind == STRUCT:
            for _, inner in self.fields():
                self.skip(inner, depth + 1)
        elif kind not in (TRUE, FALSE):
            raise ThriftError(f"type {kind}")

    def _item(self, kind: int, depth: int) -> None:
        if kind in (TRUE, FALSE):  # of a field they are its value; of an item they are a byte
            kind = BYTE
        self.skip(kind, depth)
        if self.position > len(self._data):
            raise ThriftError("ends too early")

    def _byte(self) -> int:
        try:
            value = self._data[self.position]
        except IndexError:
            raise ThriftError("ends too early") from None
        self.position += 1
        return value

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            if shift > 63:
                raise ThriftError("an integer of more than 64 bits")
