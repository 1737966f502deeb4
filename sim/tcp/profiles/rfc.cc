#include "sim/tcp/profile_fields.h"
#include "sim/tcp/profiles/rfc_row.h"

namespace halfopen {

constexpr OsProfile kRfc = kRfcRow;

static_assert(is_sane(kRfc));

}  // namespace halfopen
