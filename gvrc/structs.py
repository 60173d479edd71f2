"""Classes that hold values, made at once: a run imports some thirty of them.

``dataclasses`` writes the methods of a class as text and compiles them whenever its module is imported, which takes 0.2
to 0.5 ms a class. msgspec, which a run imports anyway, makes one in 0.02 ms. Unlike settings these are never decoded:
nobody evaluates what their annotations name.
"""

from msgspec import Struct, field
from msgspec.structs import replace

__all__ = ["Struct", "field", "replace"]
