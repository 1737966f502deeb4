// make-capture: a capture of the benchmarks as a file, to measure other programs on it (docs/performance.md).
#include <cstdio>
#include <exception>
#include <string>

#include "bench/capture_maker.h"

int main(int argc, char** argv) {
  const std::string link = argc > 2 ? argv[2] : "raw";
  if (argc < 2 || argc > 5 || (link != "raw" && link != "ethernet")) {
    std::fprintf(
        stderr,
        "usage: make-capture FILE|- [raw|ethernet [PACKETS [CONNECTIONS]]]; 0 packets: without end\n");
    return 2;
  }
  halfopen::bench::CaptureShape shape;
  if (link == "ethernet") shape.link_type = 1;
  try {
    if (argc > 3) shape.packets = std::stoull(argv[3]);
    if (argc > 4) shape.connections = static_cast<std::uint32_t>(std::stoul(argv[4]));
    halfopen::bench::make_capture(argv[1], shape);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "make-capture: %s\n", error.what());
    return 2;
  }
  return 0;
}
