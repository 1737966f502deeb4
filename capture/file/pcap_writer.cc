#include "capture/file/pcap_writer.h"

#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>

namespace halfopen {
namespace {

constexpr std::uint32_t kMaxPacket = 262'144;  // what readers accept at most

}  // namespace

// libpcap writes to a FILE. Ours hands its bytes to the OutputFile, and keeps exceptions out of C code.
struct PcapWriter::Dump {
  OutputFile& file;
  pcap_t* handle = nullptr;
  pcap_dumper_t* dumper = nullptr;
  std::exception_ptr error;

  explicit Dump(OutputFile& out) : file{out} {}
  Dump(const Dump&) = delete;
  Dump& operator=(const Dump&) = delete;
  ~Dump() {
    if (dumper != nullptr) pcap_dump_close(dumper);
    if (handle != nullptr) pcap_close(handle);
  }

  static ssize_t write(void* self, const char* bytes, std::size_t size) {
    auto* dump = static_cast<Dump*>(self);
    try {
      dump->file.write({bytes, size});
      return static_cast<ssize_t>(size);
    } catch (...) {
      dump->error = std::current_exception();
      return 0;
    }
  }

  void check() {
    if (error) std::rethrow_exception(std::exchange(error, nullptr));
  }

  void open(std::uint32_t snap_length) {
    handle = pcap_open_dead_with_tstamp_precision(DLT_RAW, static_cast<int>(snap_length),
                                                  PCAP_TSTAMP_PRECISION_NANO);
    cookie_io_functions_t functions{};
    functions.write = &Dump::write;
    std::FILE* stream = fopencookie(this, "w", functions);
    if (handle == nullptr || stream == nullptr) throw CaptureError{file.name(), "cannot be written", ENOMEM};
    std::setvbuf(stream, nullptr, _IONBF, 0);
    dumper = pcap_dump_fopen(handle, stream);
    check();
    if (dumper == nullptr) throw CaptureError{file.name(), pcap_geterr(handle), 0};
    file.commit();
  }
};

PcapWriter::PcapWriter(const std::string& name, const CaptureOptions& options)
    : CaptureSink{name, OutputFile::OnSignal::finish},
      dump_{std::make_unique<Dump>(file())},
      options_{options} {
  dump_->open(options.snap_length == 0 ? kMaxPacket : std::min(options.snap_length, kMaxPacket));
}

PcapWriter::~PcapWriter() = default;

void PcapWriter::on_packet(const PacketNote& note) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::size_t size = wire_size(*note.packet);
  const std::size_t kept =
      options_.snap_length == 0 ? size : std::min<std::size_t>(size, options_.snap_length);
  if (bytes_.size() < kept) bytes_.resize(kept);
  emit(*note.packet, std::span{bytes_}.first(kept));
  const std::int64_t time = options_.epoch + nanos(note.at);
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<time_t>(time / kSecond);
  header.ts.tv_usec = static_cast<suseconds_t>(time % kSecond);  // of nanoseconds, as the file's magic says
  header.caplen = static_cast<bpf_u_int32>(kept);
  header.len = static_cast<bpf_u_int32>(size);
  pcap_dump(reinterpret_cast<u_char*>(dump_->dumper), &header, bytes_.data());
  dump_->check();
  file().commit();
}

void PcapWriter::finish() {
  dump_.reset();  // libpcap holds nothing back: its stream has no buffer
  CaptureSink::finish();
}

}  // namespace halfopen
