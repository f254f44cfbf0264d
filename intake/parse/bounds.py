"""How much of one message is read. Beyond it the reading stops and says so; the raw bytes are kept elsewhere."""

#: bytes of one message
MESSAGE_BYTES = 42_000_000
#: lines of one message, and lines times boundaries: the standard library tries every open boundary on every line
MESSAGE_LINES = 560_000
LINES_TIMES_BOUNDARIES = 2_400_000
#: bytes of the message's own header section, fields in it, and characters of one value
HEADER_BYTES = 500_000
HEADER_FIELDS = 1_000
HEADER_VALUE = 64_000
#: characters of a subject, a display name and a file name
SUBJECT = 2_000
NAME = 500
#: addresses kept of one kind of field
ADDRESSES = 1_000
MESSAGE_IDS = 200
#: MIME parts, and how deep they may be nested
PARTS = 300
#: lines that may be boundaries: each may start a part, which costs the standard library much
BOUNDARY_LINES = 5_000
DEPTH = 25
#: characters of text read from one part, and of HTML source
TEXT = 400_000
MARKUP = 1_500_000
#: HTML elements read
ELEMENTS = 30_000
#: characters of one line that patterns look at
LINE = 400
#: lines that are looked at for quotes and signatures
LINES = 20_000
