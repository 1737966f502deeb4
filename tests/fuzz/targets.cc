#include "tests/fuzz/target.h"

namespace halfopen::fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{{"capture", fuzz_capture},
                                       {"link_layer", fuzz_link_layer},
                                       {"packet", fuzz_packet},
                                       {"tcp_options", fuzz_tcp_options},
                                       {"compare", fuzz_compare},
                                       {"filter", fuzz_filter},
                                       {"note_json", fuzz_note_json},
                                       {"scenario", fuzz_scenario},
                                       {"override", fuzz_override},
                                       {"manifest", fuzz_manifest},
                                       {"plain_text", fuzz_plain_text},
                                       {"script", fuzz_script},
                                       {"elf", fuzz_elf},
                                       {"guest_frames", fuzz_guest_frames},
                                       {"cpio", fuzz_cpio},
                                       {"endpoint", fuzz_endpoint},
                                       {"host", fuzz_host},
                                       {"streams", fuzz_streams}};
  return all;
}

}  // namespace halfopen::fuzz
