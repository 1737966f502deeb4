#include "sim/why/os_family.h"

namespace halfopen {

std::string_view to_string(OsFamily family) {
  switch (family) {
    case OsFamily::bsd44: return "4.4bsd";
    case OsFamily::linux_os: return "linux";
    case OsFamily::freebsd: return "freebsd";
    case OsFamily::rfc: return "rfc";
  }
  return "?";
}

}  // namespace halfopen
