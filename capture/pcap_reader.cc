// The classic format, through libpcap.
#include <fmt/format.h>
#include <pcap/pcap.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <utility>

#include "capture/frame_decoder.h"
#include "capture/input_file.h"
#include "capture/link_layer.h"

namespace halfopen {
namespace {

// libpcap reads from a FILE. Ours takes its bytes from the InputFile, and keeps exceptions out of C code.
struct Source {
  InputFile& file;
  std::exception_ptr error = {};

  static ssize_t read(void* self, char* out, std::size_t size) {
    auto* source = static_cast<Source*>(self);
    try {
      return static_cast<ssize_t>(source->file.read_some({reinterpret_cast<std::uint8_t*>(out), size}));
    } catch (...) {
      source->error = std::current_exception();
      return -1;
    }
  }
  // Tells where the stream is, which ftello() asks; it cannot go elsewhere.
  static int seek(void* self, off64_t* offset, int whence) {
    if (whence != SEEK_CUR || *offset != 0) return -1;
    *offset = static_cast<off64_t>(static_cast<Source*>(self)->file.offset());
    return 0;
  }
  void check() {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
  }
};

struct Close {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using Handle = std::unique_ptr<pcap_t, Close>;

// libpcap says what it met; the place and what was expected are ours to say.
[[noreturn]] void fail(const std::string& place, const std::string& expected, const std::string& complaint) {
  const bool is_cut = complaint.find("truncated dump file") != std::string::npos;
  throw InputError{place, expected, is_cut ? "the end of the file" : complaint};
}

Handle open(InputFile& file, Source& source) {
  constexpr std::size_t kBuffer = 65536;
  cookie_io_functions_t functions{};
  functions.read = &Source::read;
  functions.seek = &Source::seek;
  std::FILE* stream = fopencookie(&source, "r", functions);
  if (stream == nullptr) throw std::bad_alloc{};
  std::setvbuf(stream, nullptr, _IOFBF, kBuffer);
  char complaint[PCAP_ERRBUF_SIZE] = "";
  Handle handle{pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_NANO, complaint)};
  if (!handle) {
    std::fclose(stream);
    source.check();
    fail(file.place(0), "a pcap file header", complaint);
  }
  return handle;
}

void check_link_type(const InputFile& file, int link_type) {
  if (link_type >= 0 && is_known_link_type(static_cast<std::uint32_t>(link_type))) return;
  const char* name = pcap_datalink_val_to_name(link_type);
  throw InputError{file.name(), "packets of raw IP, Ethernet, Linux cooked or loopback captures",
                   fmt::format("link type {} ({})", link_type, name != nullptr ? name : "unknown")};
}

}  // namespace

void read_pcap(InputFile& file, FrameDecoder& decoder) {
  Source source{file};
  const Handle handle = open(file, source);
  const int link_type = pcap_datalink(handle.get());
  check_link_type(file, link_type);
  while (true) {
    pcap_pkthdr* header = nullptr;
    const u_char* bytes = nullptr;
    const int got = pcap_next_ex(handle.get(), &header, &bytes);
    source.check();
    if (got == PCAP_ERROR_BREAK) return;
    if (got != 1) {
      const auto at = static_cast<std::uint64_t>(ftello(pcap_file(handle.get())));
      fail(file.place(at), fmt::format("the whole of packet {}", decoder.frames() + 1),
           pcap_geterr(handle.get()));
    }
    Frame frame;
    frame.link_type = static_cast<std::uint32_t>(link_type);
    frame.bytes = {bytes, header->caplen};
    frame.wire_size = header->len;
    frame.time = std::int64_t{header->ts.tv_sec} * 1'000'000'000 + header->ts.tv_usec;
    decoder.on_frame(frame);
  }
}

}  // namespace halfopen
