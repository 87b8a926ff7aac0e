// A histogram as the bytes that every HdrHistogram library reads and writes: "V2 compressed", a
// 40-byte big-endian header and ZigZag LEB128 counts, in which a negative number is a run of empty
// buckets, inside a zlib stream. There is no written specification; the layout is that of
// AbstractHistogram.encodeIntoCompressedByteBuffer in HdrHistogram 2.1 (Java).
//
// Any thread; both functions allocate what they return and a few KiB for the counts.
#pragma once

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "hist/histogram.hpp"

namespace tally::hist {

// About 4 KiB for 100 000 values. Counts above 2^63 - 1 are written as that.
[[nodiscard]] Bytes pack(const Histogram& histogram);

// Reads what any implementation has written, with 0 to 5 digits and any unit; values are taken to
// be nanoseconds. What was packed here comes back in the same buckets, with min() and max() at the
// ends of theirs. Errors: bad_data, for bytes that are not such a histogram or would unpack to more
// than 16 MiB.
[[nodiscard]] Result<Histogram> unpack(ByteView bytes);

}  // namespace tally::hist
