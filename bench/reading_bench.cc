// Reading, decoding and following the connections of a big capture, beside a bare loop over libpcap.
#include <benchmark/benchmark.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <filesystem>

#include "bench/capture_maker.h"
#include "capture/file/reader.h"
#include "capture/flow/duplicates.h"
#include "capture/flow/flow_table.h"

namespace halfopen {
namespace {

// Made once a link type, removed at the end of the program.
class CaptureFile {
 public:
  explicit CaptureFile(std::uint32_t link_type)
      : path_{std::filesystem::temp_directory_path() /
              ("halfopen-bench-" + std::to_string(::getpid()) + "-" + std::to_string(link_type) + ".pcap")} {
    bench::make_capture(path_, {.link_type = link_type});
  }
  ~CaptureFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

const std::string& capture_of(std::int64_t link_type) {
  static const CaptureFile raw{101};
  static const CaptureFile ethernet{1};
  return link_type == 1 ? ethernet.path() : raw.path();
}

template <class Read>
void run(benchmark::State& state, Read read) {
  const std::string& path = capture_of(state.range(0));
  std::uint64_t packets = 0;
  for (auto _ : state) packets += read(path);
  state.SetItemsProcessed(static_cast<std::int64_t>(packets));
}

void BM_ReadFollow(benchmark::State& state) {
  run(state, [](const std::string& path) {
    FlowTable flows;
    CaptureHandlers handlers;
    handlers.view = [&](const CapturedPacket& packet) {
      if (packet.view->is_tcp()) benchmark::DoNotOptimize(flows.see(flow_segment(*packet.view)));
    };
    return read_capture(path, handlers).packets;
  });
}

void BM_ReadSummary(benchmark::State& state) {
  run(state, [](const std::string& path) {
    FlowTable flows{{}, [](std::uint32_t, const Flow& flow) { benchmark::DoNotOptimize(&flow); }};
    Duplicates duplicates;
    CaptureHandlers handlers;
    handlers.view = [&](const CapturedPacket& packet) {
      if (duplicates.saw(packet) || !packet.view->is_tcp()) return;
      benchmark::DoNotOptimize(flows.see(flow_segment(*packet.view), packet.note.at));
    };
    const std::uint64_t packets = read_capture(path, handlers).packets;
    flows.finish();
    return packets;
  });
}

// With a value for each packet, as ladder and compare want it.
void BM_ReadValues(benchmark::State& state) {
  run(state, [](const std::string& path) {
    FlowTable flows;
    CaptureHandlers handlers;
    handlers.packet = [&](const CapturedPacket& packet) {
      if (packet.view->is_tcp()) benchmark::DoNotOptimize(flows.see(*packet.note.packet));
    };
    return read_capture(path, handlers).packets;
  });
}

void BM_ReadLibpcap(benchmark::State& state) {
  run(state, [](const std::string& path) {
    char complaint[PCAP_ERRBUF_SIZE] = "";
    pcap_t* handle =
        pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, complaint);
    if (handle == nullptr) throw std::runtime_error{complaint};
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    std::uint64_t packets = 0;
    for (; pcap_next_ex(handle, &header, &bytes) == 1; ++packets) benchmark::DoNotOptimize(bytes[0]);
    pcap_close(handle);
    return packets;
  });
}

BENCHMARK(BM_ReadFollow)->Arg(101)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadSummary)->Arg(101)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadValues)->Arg(101)->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_ReadLibpcap)->Arg(101)->Arg(1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace halfopen
